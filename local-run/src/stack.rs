//! The whole of Latchkey: Postgres, both services in as many replicas as wanted, and the gateway.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use local_run::stack::{Stack, StackSettings};
//! use local_run::temporary::TemporaryDirectory;
//!
//! let directory = TemporaryDirectory::new("e2e")?;
//! let mut settings = StackSettings::for_tests(directory.path())?;
//! settings.auth_servers = 2;
//! settings.set_auth("AUTH_REFRESH_GRACE", "200ms");
//! let mut stack = Stack::start(&settings)?;
//! println!("{}", stack.url());
//! stack.auth_servers[0].kill();
//! stack.auth_servers[0].start()?;
//! # Ok(())
//! # }
//! ```

mod plan;
mod services;
mod settings;

use anyhow::Result;
use plan::{ChosenPorts, Layout};
pub use services::Services;
pub use settings::{DatabasePorts, StackSettings, WantedPorts};

use crate::daemon::Daemon;
use crate::postgres::Cluster;

/// How often a start may lose a port to someone else between choosing and binding it.
const PORT_ATTEMPTS: usize = 3;

/// A running Latchkey. Its parts can be stopped, killed and started again one by one; they keep their
/// ports. Dropped, all of it stops in order.
#[derive(Debug)]
pub struct Stack {
    /// nginx.
    pub gateway: Daemon,
    /// The notes API's replicas.
    pub notes_apis: Vec<Daemon>,
    /// The auth server's replicas.
    pub auth_servers: Vec<Daemon>,
    /// The database server of both.
    pub postgres: Cluster,
}

impl Stack {
    /// Starts everything, in the directory of `settings`, and waits until it is ready. What an earlier
    /// run left there (data, secrets) is found again.
    ///
    /// # Errors
    ///
    /// What failed first, with the end of its log; all that had been started is stopped again.
    pub fn start(settings: &StackSettings) -> Result<Self> {
        for _ in 1..PORT_ATTEMPTS {
            let ports = ChosenPorts::choose(settings)?;
            let outcome = Self::start_on(settings, &ports);
            if outcome.is_ok() || ports.are_free() {
                return outcome;
            }
        }
        Self::start_on(settings, &ChosenPorts::choose(settings)?)
    }

    /// The gateway's origin, `http://localhost:port`: the one address that clients use.
    #[must_use]
    pub fn url(&self) -> String {
        plan::origin(self.gateway.port())
    }

    /// Where the services serve figures for Prometheus, if they do.
    pub fn metrics_urls(&self) -> impl Iterator<Item = String> {
        let services = self.auth_servers.iter().chain(&self.notes_apis);
        services.filter_map(Daemon::metrics_url)
    }

    /// Fails with the end of its log if any part has ended by itself.
    ///
    /// # Errors
    ///
    /// That error.
    pub fn ensure_running(&mut self) -> Result<()> {
        self.postgres.ensure_running()?;
        self.daemons().try_for_each(Daemon::ensure_running)
    }

    /// Stops everything in order: the gateway, the services, Postgres. Requests in flight are answered.
    ///
    /// # Errors
    ///
    /// The first part that had to be killed; the others are stopped all the same.
    pub fn stop(&mut self) -> Result<()> {
        let services = self.daemons().map(Daemon::stop).fold(Ok(()), Result::and);
        services.and(self.postgres.stop())
    }

    fn start_on(settings: &StackSettings, ports: &ChosenPorts) -> Result<Self> {
        let layout = Layout::make(&settings.directory)?;
        let postgres = Cluster::start(&layout.cluster(settings))?;
        postgres.server().bootstrap()?;

        let services = Services::start_on(settings, ports, &layout, postgres.server())?;
        Ok(Self {
            gateway: services.gateway,
            notes_apis: services.notes_apis,
            auth_servers: services.auth_servers,
            postgres,
        })
    }

    /// In the order of stopping.
    fn daemons(&mut self) -> impl Iterator<Item = &mut Daemon> {
        std::iter::once(&mut self.gateway)
            .chain(&mut self.notes_apis)
            .chain(&mut self.auth_servers)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // What had to be killed is gone too.
        let _ = self.stop();
    }
}
