//! PgBouncer in front of the Postgres on its machine, and what it sets there.

use std::fmt::Write;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use diesel::sql_types::{Array, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use local_run::account::Account;
use local_run::daemon::Daemon;
use local_run::installed;
use local_run::port;
use local_run::postgres::{Server, Service};
use local_run::process::{Process, Program, StopSignal};
use local_run::wait;

use crate::machine::{INSTALLED, Passwords};
use crate::world::World;

const CONFIGURATION: &str = include_str!("../../../docker/ha/pgbouncer.ini");
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A PgBouncer. Dropped, it is killed.
pub(crate) struct Pooler {
    pub(crate) port: u16,
    program: Program,
    process: Option<Process>,
}

impl Pooler {
    /// One that is not yet started.
    pub(crate) fn new(
        home: &Path,
        machine: &str,
        postgres: u16,
        account: &Account,
        passwords: &Passwords,
    ) -> Self {
        let port = port::free().unwrap();
        let mut configuration = CONFIGURATION.to_owned();
        for (installed, here) in [
            (INSTALLED, home.to_str().unwrap()),
            ("listen_addr = *", "listen_addr = 127.0.0.1"),
            ("listen_port = 6432", &format!("listen_port = {port}")),
            ("port=5432", &format!("port={postgres}")),
        ] {
            assert!(configuration.contains(installed), "{installed}");
            configuration = configuration.replace(installed, here);
        }
        let file = home.join("pgbouncer.ini");
        let users = home.join("userlist.txt");
        fs::write(&file, configuration).unwrap();
        fs::write(&users, user_list(passwords)).unwrap();
        for file in [&file, &users] {
            account.own_file(file).unwrap();
        }
        let program = Program {
            name: format!("pgbouncer of {machine}"),
            path: installed::program("pgbouncer").unwrap(),
            arguments: vec![file.into()],
            environment: Vec::new(),
            account: account.clone(),
            log: home.with_extension("pgbouncer.log"),
            stop_signal: StopSignal::Interrupt,
        };
        Self {
            port,
            program,
            process: None,
        }
    }

    pub(crate) fn start(&mut self) {
        let mut process = self.program.start().unwrap();
        wait::until(&self.program.name, START_TIMEOUT, || {
            process.ensure_running()?;
            Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok())
        })
        .unwrap();
        self.process = Some(process);
    }

    pub(crate) fn kill(&mut self) {
        drop(self.process.take());
    }
}

#[derive(QueryableByName)]
struct Bounds {
    #[diesel(sql_type = Array<Text>)]
    bounds: Vec<String>,
}

/// A connection of PgBouncer's own has the bounds that the services set on theirs, also where no service has ever been.
pub(crate) async fn bounds(world: &mut World) {
    let primary = world.cluster.is_whole().await;
    let standby = &world.cluster.machines[1 - primary];
    for service in Service::ALL {
        let password = world.cluster.server().password_of(service);
        let (role, database) = (service.role(), service.database());
        let port = standby.pooler.port;
        let url = format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}");
        let mut connection = PgConnection::establish(&url).unwrap();
        let found: Bounds = sql_query(
            "select array[current_setting('statement_timeout'), current_setting('lock_timeout'),
                 current_setting('idle_in_transaction_session_timeout')] as bounds",
        )
        .get_result(&mut connection)
        .unwrap();
        assert_eq!(found.bounds, ["3s", "1s", "10s"], "{role}");
    }
}

/// A service that prepares statements is not let in: it would get the answers to those of others.
pub(crate) async fn prepared(world: &mut World) {
    let replica = &mut world.services.auth_servers[0];
    let set = |replica: &mut Daemon, prepare: &str| {
        let environment = &mut replica.program_mut().environment;
        environment.push(("AUTH_DATABASE_PREPARE".to_owned(), prepare.to_owned()));
    };
    replica.stop().unwrap();
    let before = fs::read_to_string(replica.log()).unwrap().len();
    set(replica, "on");
    replica.launch().unwrap();
    wait::until("a refusal by PgBouncer", START_TIMEOUT, || {
        replica.ensure_running()?;
        let log = fs::read_to_string(replica.log())?;
        Ok(log[before..]
            .contains("unsupported startup parameter")
            .then_some(()))
    })
    .unwrap();
    replica.stop().unwrap();
    set(replica, "off");
    replica.start().unwrap();
    world.check().await;
}

/// Everyone whom it lets in. The roles' passwords follow from the superuser's.
fn user_list(passwords: &Passwords) -> String {
    let mut list = format!("\"pooler\" \"{}\"\n", passwords.pooler);
    let server = Server::primary_of(&[], &passwords.superuser);
    for service in Service::ALL {
        let (role, password) = (service.role(), server.password_of(service));
        writeln!(list, "\"{role}\" \"{password}\"").unwrap();
    }
    list
}
