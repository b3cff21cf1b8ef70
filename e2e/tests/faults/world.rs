//! A Latchkey with people at work, and with every way in between that a fault needs.

use std::time::Instant;

use diesel::connection::SimpleConnection;
use e2e::system::{System, Turn, start_alone};
use local_run::port;
use local_run::postgres::{Durability, Proxy, Server};
use local_run::stack::StackSettings;

use crate::disk::SmallDisk;
use crate::fault::Fault;
use crate::front::Front;
use crate::issuer::Issuer;
use crate::load::Crowd;
use crate::size::Size;

/// Short enough for notes-api to ask often while the key set is out of order.
const JWKS_MAX_AGE: &str = "2s";
/// Few enough for the crowd to use up.
const POOL: &str = "8";

/// Two replicas of each service behind nginx and proxies, and people at work.
pub(crate) struct World {
    pub(crate) crowd: Crowd,
    pub(crate) system: Turn<Box<System>>,
    pub(crate) size: Size,
    /// Between the people and the gateway.
    pub(crate) front: Front,
    /// Between the auth servers and Postgres.
    pub(crate) auth_wire: Proxy,
    /// Between the notes APIs and Postgres.
    pub(crate) notes_wire: Proxy,
    /// Between the notes APIs and the key set.
    pub(crate) issuer: Issuer,
    /// Under Postgres, and so dropped after it.
    pub(crate) disk: Option<SmallDisk>,
}

impl World {
    /// Starts it, and waits until everyone is at work. Postgres has a disk of its own where this process
    /// may mount one.
    pub(crate) async fn start(size: Size, can_mount: bool) -> Self {
        Self::start_with(size, can_mount, |_| ()).await
    }

    /// The same after `change` has had its way with the settings.
    pub(crate) async fn start_with(
        size: Size,
        can_mount: bool,
        change: impl FnOnce(&mut StackSettings),
    ) -> Self {
        let (gateway, postgres) = (port::free().unwrap(), port::free().unwrap());
        let at_postgres = format!("127.0.0.1:{postgres}");
        let auth_wire = Proxy::start(&at_postgres).unwrap();
        let notes_wire = Proxy::start(&at_postgres).unwrap();
        let front = Front::start(gateway).await;
        let issuer = Issuer::start(gateway).await;
        let mut disk = None;
        let system = start_alone(|settings| {
            settings.ports.gateway = Some(gateway);
            settings.ports.postgres = Some(postgres);
            settings.database_ports.auth = Some(auth_wire.port());
            settings.database_ports.notes = Some(notes_wire.port());
            settings.set_auth("AUTH_DATABASE_POOL", POOL);
            settings.set_auth("AUTH_JWKS_MAX_AGE", JWKS_MAX_AGE);
            // All people come from one address, as do some of the attackers. Accounts are throttled as ever.
            settings.set_auth("AUTH_THROTTLE", "on");
            for limit in ["ADDRESS", "REGISTRATION", "FLOOD"] {
                settings.set_auth(&format!("AUTH_THROTTLE_{limit}_BURST"), "1000000");
            }
            settings.set_notes("NOTES_DATABASE_POOL", POOL);
            settings.set_notes("NOTES_JWKS_URL", &issuer.jwks_url());
            // Log segments take their room when they are made, as people's do.
            settings.durability = Durability::Durable;
            disk = can_mount.then(|| SmallDisk::mount(&settings.directory.join("postgres")));
            change(settings);
        })
        .await;
        assert_eq!(
            system.stack.gateway.port(),
            gateway,
            "someone took the port"
        );
        assert_eq!(
            system.stack.postgres.port(),
            postgres,
            "someone took the port"
        );
        keep_little_log(system.stack.postgres.server());
        Self {
            crowd: Crowd::gather(&front.url(), size.people).await,
            system,
            size,
            front,
            auth_wire,
            notes_wire,
            issuer,
            disk,
        }
    }

    /// A fault begins: figures are counted from now on. `refusals` are those that it may cause, by status
    /// and code.
    pub(crate) fn fault(&self, name: &str, refusals: &'static [&'static str]) -> Fault {
        Fault::begin(&self.crowd, name, refusals)
    }

    /// Waits until everyone has been served since the fault ended.
    pub(crate) async fn recover(&self, fault: &mut Fault, ended: Instant) {
        fault.recover(&self.crowd, ended, ended).await;
    }

    /// Compares the ledgers with what the services answer and with the database. People then go on.
    pub(crate) async fn check(&mut self) {
        let books = self.crowd.check().await;
        books.compare(self.system.stack.postgres.server(), &self.crowd.tally);
        self.crowd.go_on();
    }

    /// Compares the ledgers, adds the fault's row to the table, and fails if anything went wrong. No
    /// process has ended meanwhile that was not killed.
    pub(crate) async fn conclude(&mut self, fault: Fault) {
        self.check().await;
        self.report(fault);
    }

    /// Adds the fault's row to the table, and fails if anything went wrong.
    pub(crate) fn report(&mut self, fault: Fault) {
        fault.report(&self.crowd, &self.system.log_directory());
        self.system.stack.ensure_running().unwrap();
    }
}

/// The disk is small, and Postgres keeps as much of its log as it is allowed to.
fn keep_little_log(server: &Server) {
    let mut postgres = server.connect().unwrap();
    for statement in [
        "alter system set max_wal_size = '64MB'",
        "select pg_reload_conf()",
    ] {
        postgres.batch_execute(statement).unwrap();
    }
}
