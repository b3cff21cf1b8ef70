//! Both services and the gateway, on a Postgres that somebody else looks after.

use anyhow::Result;

use super::StackSettings;
use super::plan::{self, ChosenPorts, Layout, Plan};
use crate::daemon::Daemon;
use crate::postgres::{Server, Service};

/// Running services behind a gateway. They can be stopped, killed and started again one by one; they
/// keep their ports. Dropped, they are killed.
#[derive(Debug)]
pub struct Services {
    /// nginx.
    pub gateway: Daemon,
    /// The notes API's replicas.
    pub notes_apis: Vec<Daemon>,
    /// The auth server's replicas.
    pub auth_servers: Vec<Daemon>,
}

impl Services {
    /// Migrates the databases of this server, which has been bootstrapped, starts everything, and waits
    /// until it is ready.
    ///
    /// # Errors
    ///
    /// What failed first, with the end of its log.
    pub fn start(settings: &StackSettings, server: &Server) -> Result<Self> {
        let layout = Layout::make(&settings.directory)?;
        Self::start_on(settings, &ChosenPorts::choose(settings)?, &layout, server)
    }

    /// The gateway's origin, `http://localhost:port`: the one address that clients use.
    #[must_use]
    pub fn url(&self) -> String {
        plan::origin(self.gateway.port())
    }

    /// Fails with the end of its log if any part has ended by itself.
    ///
    /// # Errors
    ///
    /// That error.
    pub fn ensure_running(&mut self) -> Result<()> {
        let services = self.notes_apis.iter_mut().chain(&mut self.auth_servers);
        let mut all = services.chain([&mut self.gateway]);
        all.try_for_each(Daemon::ensure_running)
    }

    pub(super) fn start_on(
        settings: &StackSettings,
        ports: &ChosenPorts,
        layout: &Layout,
        server: &Server,
    ) -> Result<Self> {
        let plan = Plan {
            settings,
            layout,
            ports,
            server,
        };
        for service in Service::ALL {
            plan.migrate(service)?;
        }
        let mut services = Self {
            gateway: plan.gateway()?,
            notes_apis: plan.replicas(Service::Notes),
            auth_servers: plan.replicas(Service::Auth),
        };
        start_all(&mut services.auth_servers)?;
        services.gateway.start()?;
        // notes-api is ready when it has the public keys, which it fetches through the gateway.
        start_all(&mut services.notes_apis)?;
        Ok(services)
    }
}

fn start_all(daemons: &mut [Daemon]) -> Result<()> {
    daemons.iter_mut().try_for_each(Daemon::launch)?;
    daemons.iter_mut().try_for_each(Daemon::wait_until_ready)
}
