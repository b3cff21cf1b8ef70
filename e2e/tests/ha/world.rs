//! A Latchkey whose Postgres runs under Patroni, with people at work.

use std::time::Instant;

use local_run::postgres::Service;
use local_run::stack::{Services, StackSettings};
use local_run::temporary::TemporaryDirectory;

use crate::cluster::Cluster;
use crate::fault::Fault;
use crate::load::{Crowd, Whose};

const PEOPLE: usize = 16;
/// Few enough for the crowd to use up.
const POOL: &str = "8";

/// While there is no primary; and when all who were put off log in at once, their passwords wait their turn.
pub(crate) const REFUSALS: &[&str] = &["503 unavailable", "503 overloaded"];

/// Two replicas of each service behind nginx, two machines with Postgres, and people at work.
pub(crate) struct World {
    pub(crate) crowd: Crowd,
    pub(crate) services: Services,
    pub(crate) cluster: Cluster,
    way: Way,
    settings: StackSettings,
    /// Removed after everything has stopped.
    _directory: TemporaryDirectory,
}

/// How the services come to Postgres.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Straight,
    /// By the PgBouncer in front of it.
    ByPooler,
}

impl World {
    /// Starts it, and waits until everyone is at work.
    pub(crate) async fn start() -> Self {
        let directory = TemporaryDirectory::new("ha").unwrap();
        let mut settings = StackSettings::for_tests(directory.path()).unwrap();
        settings.auth_servers = 2;
        settings.notes_apis = 2;
        // The lowest cost there is, and no throttle: this is not about guessing passwords.
        settings.set_auth("AUTH_BCRYPT_COST", "10");
        settings.set_auth("AUTH_THROTTLE", "off");
        settings.set_auth("AUTH_DATABASE_POOL", POOL);
        settings.set_notes("NOTES_DATABASE_POOL", POOL);
        let cluster = Cluster::start(directory.path()).await;
        cluster.server().bootstrap().unwrap();
        let services = Services::start(&settings, &cluster.server()).unwrap();
        Self {
            crowd: Crowd::gather(&services.url(), PEOPLE).await,
            services,
            cluster,
            way: Way::Straight,
            settings,
            _directory: directory,
        }
    }

    /// Lets the services come this way, replica after replica.
    pub(crate) async fn come(&mut self, way: Way) {
        if way == self.way {
            return;
        }
        self.cluster.is_whole().await;
        let (server, prepare) = match way {
            Way::Straight => (self.cluster.server(), "on"),
            Way::ByPooler => (self.cluster.pooled_server(), "off"),
        };
        let auth_servers = self.services.auth_servers.iter_mut();
        let notes_apis = self.services.notes_apis.iter_mut();
        let replicas = auth_servers
            .map(|replica| (replica, Service::Auth, "AUTH"))
            .chain(notes_apis.map(|replica| (replica, Service::Notes, "NOTES")));
        for (replica, service, prefix) in replicas {
            replica.stop().unwrap();
            let url = server.service_url(service, service.database());
            replica.program_mut().environment.extend([
                (format!("{prefix}_DATABASE_URL"), url),
                (format!("{prefix}_DATABASE_PREPARE"), prepare.to_owned()),
            ]);
            replica.start().unwrap();
        }
        self.way = way;
    }

    /// A fault begins. `refusals` are those that it may cause, by status and code.
    pub(crate) fn fault(&self, name: &str, refusals: &'static [&'static str]) -> Fault {
        let name = match self.way {
            Way::Straight => name.to_owned(),
            Way::ByPooler => format!("{name}, PgBouncer between"),
        };
        Fault::begin(&self.crowd, &name, refusals)
    }

    /// Waits until everyone has been put off since the fault began, and then until everyone has been
    /// served. That is how long nobody could count on being served.
    pub(crate) async fn recover(&self, fault: &mut Fault, began: Instant) {
        self.crowd.refused_since(began, Whose::Both).await;
        fault.recover(&self.crowd, began, Instant::now()).await;
    }

    /// Compares the ledgers with what the services answer and with the database. People then go on.
    pub(crate) async fn check(&mut self) {
        let books = self.crowd.check().await;
        books.compare(&self.cluster.server(), &self.crowd.tally);
        self.crowd.go_on();
    }

    /// Compares the ledgers, adds the fault's row to the table, and fails if anything went wrong. No
    /// service has ended meanwhile.
    pub(crate) async fn conclude(&mut self, fault: Fault) {
        self.check().await;
        fault.report(&self.crowd, &self.settings.directory.join("log"));
        self.services.ensure_running().unwrap();
    }
}
