//! A Postgres of this process's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use super::Server;
use super::data_directory::{init, is_ready, is_stopping, make_private};
use super::programs::Programs;
use crate::account::Account;
use crate::process::{Process, Program, StopSignal};
use crate::temporary::TemporaryDirectory;
use crate::{port, secret, wait};

const START_TIMEOUT: Duration = Duration::from_mins(1);
const STOP_TIMEOUT: Duration = Duration::from_mins(1);
/// How often a start may lose its port to someone else between choosing and binding it.
const PORT_ATTEMPTS: usize = 5;

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Durable,
    /// Everything: no write waits for the disk. A crash of Postgres alone, `SIGKILL` included, still
    /// costs nothing that was committed. For tests.
    Throwaway,
}

/// How a cluster runs.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// Where it keeps its data and the superuser's password. Made if there is none.
    pub directory: PathBuf,
    /// Where its log is appended.
    pub log: PathBuf,
    /// What a crash of the machine may cost.
    pub durability: Durability,
    /// The port to use where it is free.
    pub wanted_port: Option<u16>,
    /// More environment for the server: a test moves its clock with it.
    pub environment: Vec<(String, String)>,
    /// More parameters of the server (`postgresql.conf`), name and value. These win over its own.
    pub parameters: Vec<(String, String)>,
}

impl ClusterSettings {
    /// For a test: nothing waits for the disk, any port will do.
    #[must_use]
    pub fn throwaway(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            log: directory.join("postgres.log"),
            durability: Durability::Throwaway,
            wanted_port: None,
            environment: Vec::new(),
            parameters: Vec::new(),
        }
    }
}

/// A running Postgres in a directory of its own, on a port of 127.0.0.1, with passwords for everyone.
/// Dropped, it stops; when this process is killed, it stops as well.
#[derive(Debug)]
pub struct Cluster {
    data: PathBuf,
    log: PathBuf,
    programs: Programs,
    account: Account,
    durability: Durability,
    port: u16,
    environment: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
    superuser_password: String,
    server: Server,
    process: Option<Process>,
    /// Removed after the process has stopped.
    temporary: Option<TemporaryDirectory>,
}

impl Cluster {
    /// Starts the cluster, on the wanted port or, where that is taken, on a free one.
    ///
    /// # Errors
    ///
    /// When Postgres is not installed, cannot use the directory, or does not start: with the end of
    /// its log. Also when the cluster is running already.
    pub fn start(settings: &ClusterSettings) -> Result<Self> {
        let directory = make_private(&settings.directory)?;
        let account = Account::unprivileged_owner_of(&directory)?;
        let data = directory.join("data");
        let programs = if data.join("PG_VERSION").exists() {
            Programs::for_data(&data)?
        } else {
            Programs::newest()?
        };
        let password_file = directory.join("superuser-password");
        let superuser_password = secret::kept(&password_file, secret::password)?;
        account.own_file(&password_file)?;
        if !data.exists() {
            init(
                &programs,
                &account,
                &password_file,
                settings.durability,
                &data,
            )?;
        }
        let port = port::wanted_or_free(settings.wanted_port)?;
        let mut cluster = Self {
            data,
            log: settings.log.clone(),
            programs,
            account,
            durability: settings.durability,
            port,
            environment: settings.environment.clone(),
            parameters: settings.parameters.clone(),
            server: Server::on_loopback(port, &superuser_password)?,
            superuser_password,
            process: None,
            temporary: None,
        };
        cluster.start_on_some_port()?;
        Ok(cluster)
    }

    /// Starts a throwaway cluster in a temporary directory, which is removed when the cluster is
    /// dropped or this process ends, however it ends.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`].
    pub fn start_temporary() -> Result<Self> {
        let directory = TemporaryDirectory::new("postgres")?;
        let mut cluster = Self::start(&ClusterSettings::throwaway(directory.path()))?;
        cluster.temporary = Some(directory);
        Ok(cluster)
    }

    /// The server, for whoever wants to connect.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The port it listens on, the same after [`Cluster::restart`].
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its data is: to be copied while it is stopped.
    #[must_use]
    pub fn data_directory(&self) -> &Path {
        &self.data
    }

    /// Variables in the environment of its next start.
    pub fn set_environment(&mut self, environment: Vec<(String, String)>) {
        self.environment = environment;
    }

    /// Its log file.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Fails with the end of the log if Postgres has ended.
    ///
    /// # Errors
    ///
    /// That error.
    pub fn ensure_running(&mut self) -> Result<()> {
        match &mut self.process {
            Some(process) => process.ensure_running(),
            None => bail!("Postgres is stopped"),
        }
    }

    /// Stops in order: transactions are aborted, what was committed is written.
    ///
    /// # Errors
    ///
    /// When it had to be killed.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.stop(STOP_TIMEOUT)?;
        }
        Ok(())
    }

    /// Kills every process of the cluster at once (`SIGKILL`), as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill_with_children();
        }
    }

    /// Starts again on the same port, after [`Cluster::stop`] or [`Cluster::kill`].
    ///
    /// # Errors
    ///
    /// When it does not start; also when someone took the port meanwhile.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.start_once()
    }

    fn start_on_some_port(&mut self) -> Result<()> {
        for _ in 1..PORT_ATTEMPTS {
            let outcome = self.start_once();
            if outcome.is_ok() || port::is_free(self.port) {
                return outcome;
            }
            self.port = port::free()?;
            self.server = Server::on_loopback(self.port, &self.superuser_password)?;
        }
        self.start_once()
    }

    fn start_once(&mut self) -> Result<()> {
        let status_file = self.data.join("postmaster.pid");
        // One that lost its parent is told to stop by the kernel, and may still be about it.
        wait::until("the end of the Postgres before", STOP_TIMEOUT, || {
            Ok((!is_stopping(&status_file)).then_some(()))
        })?;
        let mut process = self.program().start()?;
        wait::until("starting Postgres", START_TIMEOUT, || {
            process.ensure_running()?;
            Ok(is_ready(&status_file, process.id()).then_some(()))
        })?;
        self.process = Some(process);
        Ok(())
    }

    fn program(&self) -> Program {
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            // Only TCP: the path of a socket is limited to 107 bytes, that of a checkout is not.
            "unix_socket_directories=".to_owned(),
            "max_connections=200".to_owned(),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            "jit=off".to_owned(),
        ];
        if self.durability == Durability::Throwaway {
            for setting in [
                "fsync=off",
                "full_page_writes=off",
                // Copying a template writes some 8 MB of log; fresh segments need no zeros first.
                "wal_init_zero=off",
                "wal_recycle=off",
                "max_wal_size=256MB",
                // A vacuum worker in a template would delay its copying.
                "autovacuum=off",
            ] {
                settings.push(setting.to_owned());
            }
        }
        let more = self.parameters.iter();
        settings.extend(more.map(|(name, value)| format!("{name}={value}")));
        let mut arguments = vec!["-D".into(), self.data.clone().into_os_string()];
        arguments.extend(
            settings
                .into_iter()
                .flat_map(|setting| ["-c".into(), setting.into()]),
        );
        let mut environment = vec![("LC_ALL".to_owned(), "C".to_owned())];
        environment.extend_from_slice(&self.environment);
        Program {
            name: "postgres".to_owned(),
            path: self.programs.path("postgres"),
            arguments,
            environment,
            account: self.account.clone(),
            log: self.log.clone(),
            stop_signal: StopSignal::Interrupt,
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Past the timeout it has been killed, and recovers at its next start.
        let _ = self.stop();
        drop(self.temporary.take());
    }
}
