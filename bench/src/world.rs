//! What is measured: Latchkey as `make up` starts it, the baseline beside it, and people in it.

use std::time::Duration;

use anyhow::{Context, Result};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use local_run::{
    account::Account,
    daemon::Daemon,
    port,
    postgres::Service,
    process::{Program, StopSignal},
    stack::{Stack, StackSettings},
    temporary::TemporaryDirectory,
};
use serde_json::json;

use crate::{
    caller::{Answer, Caller, post},
    effort::Effort,
    load::Load,
};

/// Everything that runs while figures are measured.
pub(crate) struct World {
    /// How much is measured.
    pub(crate) effort: Effort,
    /// One replica of each service. No write waits for a disk, whose speed would hide everything else.
    pub(crate) stack: Stack,
    /// What the services are compared with.
    pub(crate) baseline: Daemon,
    /// Where the baseline checks no token.
    pub(crate) unchecked_port: u16,
    /// Names of people, so far.
    people: u32,
    /// Removed after all of it has stopped.
    _directory: TemporaryDirectory,
}

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) username: String,
    pub(crate) user_id: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// Everyone's; nobody is kept out by it.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The cheapest hash there is, where passwords are not what is measured.
const CHEAP_HASH: &str = "10";

const STOP_TIMEOUT: Duration = Duration::from_secs(5);

impl World {
    /// Starts everything.
    pub(crate) fn start(effort: Effort) -> Result<Self> {
        let directory = TemporaryDirectory::new("bench")?;
        let mut settings = StackSettings::for_tests(directory.path())?;
        settings.set_auth("AUTH_BCRYPT_COST", CHEAP_HASH);
        settings.set_auth("AUTH_THROTTLE", "off");
        settings.set_auth("AUTH_REFRESH_GRACE", "0");
        // With the access log, whatever the caller of the bench has set.
        settings.set_auth("RUST_LOG", "info");
        settings.set_notes("RUST_LOG", "info");
        settings.postgres_parameters = vec![(
            "shared_preload_libraries".to_owned(),
            "pg_stat_statements".to_owned(),
        )];
        let stack = Stack::start(&settings)?;
        let unchecked_port = port::free()?;
        let baseline = baseline(&settings, &stack, unchecked_port)?;
        let mut world = Self {
            effort,
            stack,
            baseline,
            unchecked_port,
            people: 0,
            _directory: directory,
        };
        world.auth_database()?.batch_execute(
            "create table bare_counters (id int primary key, number bigint not null) with (fillfactor = 70);
             insert into bare_counters select id, 0 from generate_series(0, 999) as id;
             grant select, update on bare_counters to latchkey_auth;
             create extension pg_stat_statements;",
        )?;
        world.baseline.start()?;
        Ok(world)
    }

    /// A superuser's connection to the auth server's database.
    pub(crate) fn auth_database(&self) -> Result<PgConnection> {
        let url = self
            .stack
            .postgres
            .server()
            .superuser_url(Service::Auth.database());
        PgConnection::establish(&url).context("cannot reach Postgres")
    }

    /// The port of the auth server itself, past the gateway.
    pub(crate) fn auth_port(&self) -> u16 {
        self.stack.auth_servers[0].port()
    }

    /// The port of the notes API itself, past the gateway.
    pub(crate) fn notes_port(&self) -> u16 {
        self.stack.notes_apis[0].port()
    }

    /// Another auth server beside the first one, not yet started, with these settings changed. The gateway does
    /// not know it.
    pub(crate) fn another_auth_server(&mut self, changed: &[(&str, &str)]) -> Result<Daemon> {
        another(&mut self.stack.auth_servers[0], "AUTH_LISTEN", changed)
    }

    /// Another notes API beside the first one, likewise.
    pub(crate) fn another_notes_api(&mut self) -> Result<Daemon> {
        another(&mut self.stack.notes_apis[0], "NOTES_LISTEN", &[])
    }

    /// Registers so many people.
    pub(crate) fn people(&mut self, number: u32) -> Result<Vec<Session>> {
        self.people_of(self.auth_port(), number)
    }

    /// Registers them with the auth server at this port.
    pub(crate) fn people_of(&mut self, auth_port: u16, number: u32) -> Result<Vec<Session>> {
        let first = self.people;
        self.people += number;
        let register = Register {
            next: first,
            sessions: Vec::new(),
        };
        let mut load = Load::new(auth_port, [register])?;
        load.run_times(number.into())?;
        let registered = load.into_callers().into_iter();
        Ok(registered.flat_map(|caller| caller.sessions).collect())
    }
}

fn another(daemon: &mut Daemon, listen: &str, changed: &[(&str, &str)]) -> Result<Daemon> {
    let port = port::free()?;
    let mut program = daemon.program_mut().clone();
    let address = format!("127.0.0.1:{port}");
    let changed = [(listen, address.as_str())]
        .into_iter()
        .chain(changed.iter().copied());
    // Of two values of a variable the last one counts.
    program
        .environment
        .extend(changed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(Daemon::new(program, port, "/health/ready", STOP_TIMEOUT))
}

fn baseline(settings: &StackSettings, stack: &Stack, unchecked_port: u16) -> Result<Daemon> {
    let port = port::free()?;
    let server = stack.postgres.server();
    let url = |service: Service| server.service_url(service, service.database());
    let program = Program {
        name: "baseline".to_owned(),
        path: settings.binaries.path("baseline"),
        arguments: Vec::new(),
        environment: vec![
            ("BASELINE_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            (
                "BASELINE_UNCHECKED_LISTEN".to_owned(),
                format!("127.0.0.1:{unchecked_port}"),
            ),
            ("BASELINE_ISSUER".to_owned(), stack.url()),
            ("BASELINE_AUTH_DATABASE_URL".to_owned(), url(Service::Auth)),
            (
                "BASELINE_NOTES_DATABASE_URL".to_owned(),
                url(Service::Notes),
            ),
        ],
        account: Account::own(),
        log: settings.directory.join("log/baseline.log"),
        stop_signal: StopSignal::Terminate,
    };
    Ok(Daemon::new(program, port, "/ready", STOP_TIMEOUT))
}

/// Registers one person after another.
struct Register {
    next: u32,
    sessions: Vec<Session>,
}

impl Register {
    fn username(&self) -> String {
        format!("person{}", self.next)
    }
}

impl Caller for Register {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let username = self.username();
        let body = json!({
            "username": username,
            "email": format!("{username}@example.org"),
            "password": PASSWORD,
            "delivery": "body",
        });
        post(request, "/auth/register", None, body.to_string().as_bytes());
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(201)?;
        self.sessions.push(Session {
            username: self.username(),
            user_id: answer.text("id")?.to_owned(),
            access_token: answer.text("access_token")?.to_owned(),
            refresh_token: answer.text("refresh_token")?.to_owned(),
        });
        self.next += 1;
        Ok(())
    }
}
