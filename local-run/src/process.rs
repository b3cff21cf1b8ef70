//! Child processes that never outlive this one, however it ends.
//!
//! Each child is its own process group, so that ctrl-C in a terminal reaches only this process, which
//! then stops the children in order. `setpriv --pdeathsig` has the kernel signal the child when this
//! process dies without stopping it, `SIGKILL` included. That signal is sent when the *thread* that
//! forked ends, so one thread, which lives as long as the process, starts them all.

mod launcher;
mod other;

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

use self::other::OtherProcess;
use crate::account::Account;
use crate::wait;

/// How long a killed process may take to vanish.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);
const LOG_TAIL_LINES: usize = 20;

/// A program to start: everything its process gets, and nothing of this process's environment but
/// `PATH`.
#[derive(Debug, Clone)]
pub struct Program {
    /// What people call it, in messages.
    pub name: String,
    /// The executable.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment, beside `PATH`.
    pub environment: Vec<(String, String)>,
    /// Who it runs as.
    pub account: Account,
    /// Where its standard output and error are appended.
    pub log: PathBuf,
    /// The signal that asks it to stop, also sent by the kernel when this process dies.
    pub stop_signal: StopSignal,
}

impl Program {
    /// Starts the program.
    ///
    /// # Errors
    ///
    /// When the log cannot be opened or the program cannot be executed.
    pub fn start(&self) -> Result<Process> {
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = Command::new("setpriv");
        command
            .args(self.account.setpriv_arguments())
            .arg(format!("--pdeathsig={}", self.stop_signal.name()))
            .arg("--")
            .arg(&self.path)
            .args(&self.arguments)
            .env_clear()
            .envs(inherited_path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // A directory that every account can be in.
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = launcher::start(command)
            .with_context(|| format!("cannot start {} ({})", self.name, self.path.display()))?;
        Ok(Process {
            name: self.name.clone(),
            child,
            reaped: false,
            log: self.log.clone(),
            stop_signal: self.stop_signal,
        })
    }
}

/// The signal that makes a program stop in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// `SIGTERM`: the services' graceful stop.
    Terminate,
    /// `SIGINT`: Postgres' "fast shutdown", which does not wait for its clients.
    Interrupt,
    /// `SIGQUIT`: nginx's graceful stop, which lets requests finish.
    Quit,
}

impl StopSignal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
        }
    }

    fn number(self) -> Signal {
        match self {
            Self::Terminate => Signal::TERM,
            Self::Interrupt => Signal::INT,
            Self::Quit => Signal::QUIT,
        }
    }
}

/// A running child. Dropped, it is killed with everything in its process group.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    reaped: bool,
    log: PathBuf,
    stop_signal: StopSignal,
}

impl Process {
    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it ended, if it has. What is left of its process group then ends too (the workers of an
    /// nginx whose master died would serve on).
    ///
    /// # Errors
    ///
    /// When the kernel does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        if let Some(pid) = self.unreaped_pid() {
            let peek = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            if waitid(WaitId::Pid(pid), peek)?.is_some() {
                // Not yet reaped, the leader still keeps the number of its group from being reused.
                let _ = kill_process_group(pid, Signal::KILL);
            }
        }
        let status = self.child.try_wait()?;
        self.reaped |= status.is_some();
        Ok(status)
    }

    /// An error that tells how the child ended and the last lines of its log, if it has ended.
    ///
    /// # Errors
    ///
    /// That error.
    pub fn ensure_running(&mut self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => Err(self.ended_with(status)),
        }
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Errors
    ///
    /// When it fails, with the end of its log, or takes longer than `timeout`.
    pub fn finish(mut self, timeout: Duration) -> Result<()> {
        let what = format!("waiting for {}", self.name);
        let status = wait::until(&what, timeout, || Ok(self.ended()?))?;
        if status.success() {
            Ok(())
        } else {
            Err(self.ended_with(status))
        }
    }

    /// Asks the process to stop, and waits until it has; past `grace` it is killed.
    ///
    /// # Errors
    ///
    /// When the process had to be killed: what it was doing is lost.
    pub fn stop(&mut self, grace: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        self.signal(self.stop_signal.number());
        let stopped = wait::until(&format!("stopping {}", self.name), grace, || {
            Ok(self.ended()?)
        });
        if stopped.is_err() {
            self.kill();
        }
        stopped
    }

    /// Kills the process group at once (`SIGKILL`) and waits until the process is gone.
    pub fn kill(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            if let Some(group) = self.unreaped_pid() {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = wait::until(&format!("killing {}", self.name), KILL_TIMEOUT, || {
                Ok(self.ended()?)
            });
        }
    }

    /// Kills the process at once, and then the children it had, even those that left its process
    /// group. The parent goes first: it might answer a child's death by starting others.
    pub fn kill_with_children(&mut self) {
        let children = other::children_of(self.id());
        self.kill();
        kill_others(&format!("the children of {}", self.name), &children);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.unreaped_pid() {
            let _ = kill_process(pid, signal);
        }
    }

    fn ended_with(&self, status: ExitStatus) -> anyhow::Error {
        anyhow!(
            "{} ended with {status}; the end of {}:\n{}",
            self.name,
            self.log.display(),
            log_tail(&self.log)
        )
    }

    /// The process id while it cannot mean another process; until it is reaped, signals always have a
    /// target and their results say nothing.
    fn unreaped_pid(&self) -> Option<Pid> {
        if self.reaped {
            return None;
        }
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills a process that is none of this one's children, and then its own: a server whose supervisor, now
/// dead, had put it into a session of its own. Where there is none of that number, nothing happens.
pub fn kill_orphan_with_children(process_id: u32) {
    let children = other::children_of(process_id);
    if let Some(orphan) = OtherProcess::find(process_id) {
        kill_others("an orphan", &[orphan]);
    }
    kill_others("the children of an orphan", &children);
}

fn kill_others(what: &str, others: &[OtherProcess]) {
    others.iter().for_each(OtherProcess::kill);
    let _ = wait::until(&format!("killing {what}"), KILL_TIMEOUT, || {
        Ok(others.iter().all(OtherProcess::has_ended).then_some(()))
    });
}

/// The last lines of a log, for messages.
#[must_use]
pub fn log_tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}

/// `PATH`, the one variable that children get from this process's environment.
pub fn inherited_path() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name == "PATH")
}
