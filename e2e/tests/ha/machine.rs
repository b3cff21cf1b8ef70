//! A machine that runs Postgres under Patroni: processes that live and die together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use local_run::account::Account;
use local_run::daemon::Daemon;
use local_run::port;
use local_run::postgres::program_directory;
use local_run::process::{Program, StopSignal, kill_orphan_with_children};

use crate::settings::assert_names;

const PATRONI: &str = include_str!("../../../docker/ha/patroni.yml");
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
}

/// A machine. Dropped, everything on it stops.
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) patroni: Daemon,
    data: PathBuf,
}

impl Machine {
    /// One that is switched off, with an empty disk.
    pub(crate) fn new(directory: &Path, name: &str, etcd: u16, passwords: &Passwords) -> Self {
        let home = directory.join(name);
        fs::create_dir(&home).unwrap();
        let account = Account::unprivileged_owner_of(&home).unwrap();
        let configuration = home.join("patroni.yml");
        fs::write(&configuration, PATRONI).unwrap();
        account.own_file(&configuration).unwrap();
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
        let mut environment = settings.to_vec();
        assert_names(SETTINGS, &environment);
        environment.push(("LC_ALL".to_owned(), "C.UTF-8".to_owned()));
        let program = Program {
            name: name.to_owned(),
            path: "patroni".into(),
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
            data,
        }
    }

    /// Everything on it dies at once.
    pub(crate) fn kill(&mut self) {
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
        let mut command = Command::new("patronictl");
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
