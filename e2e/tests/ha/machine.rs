//! A machine that runs Postgres under Patroni, and PgBouncer in front of it: processes that live and die
//! together.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use local_run::account::Account;
use local_run::daemon::Daemon;
use local_run::installed;
use local_run::port;
use local_run::postgres::program_directory;
use local_run::process::{Program, StopSignal, kill_orphan_with_children};

use crate::pooler::Pooler;
use crate::settings::assert_names;

const PATRONI: &str = include_str!("../../../docker/ha/patroni.yml");
const RECONNECT_POOLER: &str = include_str!("../../../docker/ha/reconnect-pooler");
/// Where an operator puts the files of `docker/ha`.
pub(crate) const INSTALLED: &str = "/etc/latchkey/ha";
const SETTINGS: &str = include_str!("../../../docker/ha/node.env.example");

/// Patroni stops Postgres first, and then tells etcd.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// The passwords, the same on all machines.
#[derive(Clone)]
pub(crate) struct Passwords {
    pub(crate) superuser: String,
    pub(crate) replication: String,
    pub(crate) rewind: String,
    pub(crate) operator: String,
    pub(crate) pooler: String,
}

/// A machine. Dropped, everything on it stops.
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) patroni: Daemon,
    pub(crate) pooler: Pooler,
    data: PathBuf,
}

impl Machine {
    /// One that is switched off, with an empty disk.
    pub(crate) fn new(directory: &Path, name: &str, etcd: u16, passwords: &Passwords) -> Self {
        let home = directory.join(name);
        fs::create_dir(&home).unwrap();
        let account = Account::unprivileged_owner_of(&home).unwrap();
        let configuration = home.join("patroni.yml");
        let text = PATRONI.replace(INSTALLED, home.to_str().unwrap());
        fs::write(&configuration, text).unwrap();
        let callback = home.join("reconnect-pooler");
        fs::write(&callback, RECONNECT_POOLER).unwrap();
        fs::set_permissions(&callback, Permissions::from_mode(0o755)).unwrap();
        for file in [&configuration, &callback] {
            account.own_file(file).unwrap();
        }
        let (port, rest) = (port::free().unwrap(), port::free().unwrap());
        let [postgres, rest_api] = [port, rest].map(|port| format!("127.0.0.1:{port}"));
        let data = home.join("data");
        let programs = program_directory().unwrap();
        let settings = [
            ("NAME", name),
            ("ETCD3_HOSTS", &format!("127.0.0.1:{etcd}")),
            ("RESTAPI_LISTEN", &rest_api),
            ("RESTAPI_CONNECT_ADDRESS", &rest_api),
            ("RESTAPI_USERNAME", "patroni"),
            ("RESTAPI_PASSWORD", &passwords.operator),
            ("POSTGRESQL_LISTEN", &postgres),
            ("POSTGRESQL_CONNECT_ADDRESS", &postgres),
            ("POSTGRESQL_DATA_DIR", data.to_str().unwrap()),
            ("POSTGRESQL_BIN_DIR", programs.to_str().unwrap()),
            ("POSTGRESQL_PGPASS", home.join("pgpass").to_str().unwrap()),
            ("SUPERUSER_USERNAME", "postgres"),
            ("SUPERUSER_PASSWORD", &passwords.superuser),
            ("REPLICATION_USERNAME", "replicator"),
            ("REPLICATION_PASSWORD", &passwords.replication),
            ("REWIND_USERNAME", "rewind"),
            ("REWIND_PASSWORD", &passwords.rewind),
        ]
        .map(|(name, value)| (format!("PATRONI_{name}"), value.to_owned()));
        let pooler = Pooler::new(&home, name, port, &account, passwords);
        let mut environment = settings.to_vec();
        environment.push(("POOLER_PORT".to_owned(), pooler.port.to_string()));
        environment.push(("POOLER_PASSWORD".to_owned(), passwords.pooler.clone()));
        assert_names(SETTINGS, &environment);
        environment.push(("LC_ALL".to_owned(), "C.UTF-8".to_owned()));
        let program = Program {
            name: name.to_owned(),
            path: installed::program("patroni").unwrap(),
            arguments: vec![configuration.into()],
            environment,
            account,
            log: directory.join(format!("{name}.log")),
            stop_signal: StopSignal::Terminate,
        };
        Self {
            name: name.to_owned(),
            port,
            patroni: Daemon::new(program, rest, "/health", STOP_TIMEOUT),
            pooler,
            data,
        }
    }

    /// Switches it on, and waits until its Postgres runs.
    pub(crate) fn start(&mut self) {
        self.pooler.start();
        self.patroni.start().unwrap();
    }

    /// Everything on it dies at once.
    pub(crate) fn kill(&mut self) {
        self.pooler.kill();
        self.patroni.kill();
        self.kill_postgres();
    }

    /// Its Postgres dies, and nothing else.
    pub(crate) fn kill_postgres(&self) {
        // Patroni has given it a session of its own.
        let status = fs::read_to_string(self.data.join("postmaster.pid"));
        let status = status.unwrap_or_default();
        if let Some(Ok(process_id)) = status.lines().next().map(str::parse) {
            kill_orphan_with_children(process_id);
        }
    }

    /// `patronictl`, as an operator on this machine runs it.
    pub(crate) fn control(&self) -> Command {
        let program = self.patroni.program();
        let mut command = Command::new(installed::program("patronictl").unwrap());
        command
            .arg("--config-file")
            .args(&program.arguments)
            .envs(program.environment.iter().cloned());
        command
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.patroni.stop().is_err() {
            self.kill();
        }
    }
}
