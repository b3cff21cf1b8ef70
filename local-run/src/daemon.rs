//! An HTTP server of the stack: started, stopped, killed and started again on the same port.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process::{Process, Program};
use crate::wait;

const READY_TIMEOUT: Duration = Duration::from_mins(1);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A service's replica, or the gateway. Dropped, it is killed.
#[derive(Debug)]
pub struct Daemon {
    program: Program,
    port: u16,
    metrics_port: Option<u16>,
    ready_path: &'static str,
    stop_timeout: Duration,
    process: Option<Process>,
}

impl Daemon {
    /// A server that is not started yet: `program` listens on `port` of 127.0.0.1, answers
    /// `GET ready_path` with 200 when it is ready, and is killed if it takes longer to stop than `stop_timeout`.
    #[must_use]
    pub fn new(
        program: Program,
        port: u16,
        ready_path: &'static str,
        stop_timeout: Duration,
    ) -> Self {
        Self {
            program,
            port,
            metrics_port: None,
            ready_path,
            stop_timeout,
            process: None,
        }
    }

    /// The same server, which serves figures for Prometheus on this port of 127.0.0.1, if any.
    #[must_use]
    pub fn with_metrics(mut self, port: Option<u16>) -> Self {
        self.metrics_port = port;
        self
    }

    /// What people call it, `auth-server-1` for instance.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.program.name
    }

    /// The port of 127.0.0.1 that it listens on, also after a new start.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port of 127.0.0.1 that it serves figures for Prometheus on, if it does.
    #[must_use]
    pub fn metrics_port(&self) -> Option<u16> {
        self.metrics_port
    }

    /// Where the figures are: `http://127.0.0.1:port/metrics`.
    #[must_use]
    pub fn metrics_url(&self) -> Option<String> {
        let port = self.metrics_port?;
        Some(format!("http://127.0.0.1:{port}/metrics"))
    }

    /// Its own origin, past the gateway: `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its log file.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.program.log
    }

    /// What it is started as.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What it is started as, to be changed for its next start: another executable, or more in its
    /// environment.
    pub fn program_mut(&mut self) -> &mut Program {
        &mut self.program
    }

    /// The process id while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Starts it and waits until it is ready. Already running, it is only waited for.
    ///
    /// # Errors
    ///
    /// When it ends instead, with the end of its log, or is not ready within a minute.
    pub fn start(&mut self) -> Result<()> {
        self.launch()?;
        self.wait_until_ready()
    }

    /// Starts it without waiting: for a service that cannot become ready yet.
    ///
    /// # Errors
    ///
    /// When it cannot be executed.
    pub fn launch(&mut self) -> Result<()> {
        if self.process.is_none() {
            self.process = Some(self.program.start()?);
        }
        Ok(())
    }

    /// Waits until it says on a connection that it is ready.
    ///
    /// # Errors
    ///
    /// As [`Daemon::start`].
    pub fn wait_until_ready(&mut self) -> Result<()> {
        let (port, path) = (self.port, self.ready_path);
        wait::until(
            &format!("waiting until {} is ready", self.name()),
            READY_TIMEOUT,
            || {
                self.ensure_running()?;
                Ok((status(port, path) == Some(200)).then_some(()))
            },
        )
    }

    /// Fails with the end of the log if the process has ended.
    ///
    /// # Errors
    ///
    /// That error.
    pub fn ensure_running(&mut self) -> Result<()> {
        match &mut self.process {
            Some(process) => process.ensure_running(),
            None => bail!("{} is stopped", self.name()),
        }
    }

    /// Asks it to stop, and waits until requests in flight are answered and the process has ended.
    ///
    /// # Errors
    ///
    /// When it had to be killed.
    pub fn stop(&mut self) -> Result<()> {
        match self.process.take() {
            Some(mut process) => process.stop(self.stop_timeout).map(drop),
            None => Ok(()),
        }
    }

    /// Kills it at once (`SIGKILL`).
    pub fn kill(&mut self) {
        drop(self.process.take());
    }
}

/// The status that `GET path` is answered with on `port` of this machine, if it is.
fn status(port: u16, path: &str) -> Option<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_TIMEOUT).ok()?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT)).ok()?;
    stream
        .write_all(
            format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        )
        .ok()?;
    let mut start = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut start).ok()?;
    let (version, status) = std::str::from_utf8(&start).ok()?.split_once(' ')?;
    version
        .starts_with("HTTP/1.")
        .then(|| status.parse().ok())?
}
