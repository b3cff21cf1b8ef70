//! What the commands do.
#![expect(clippy::print_stdout, reason = "a program that people start by hand")]

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use local_run::operator;
use local_run::postgres::{Cluster, TEST_POSTGRES_VARIABLE};
use local_run::process::log_tail;
use local_run::prometheus;
use local_run::run_directory::{Announcement, Claim, RunDirectory, Running};
use local_run::site::{self, Site};
use local_run::stack::{Stack, StackSettings};
use local_run::wait;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::Up;

const START_TIMEOUT: Duration = Duration::from_mins(3);
const STOP_TIMEOUT: Duration = Duration::from_mins(2);
/// How often a running stack is looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How often Prometheus asks, by the configuration that a run writes.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(5);
/// What init systems expect of `status`.
const NOT_RUNNING: u8 = 3;

/// Runs everything until a signal comes, or a part ends by itself.
pub(crate) fn up(up: &Up) -> Result<ExitCode> {
    let run = match RunDirectory::claim(&up.place.directory)? {
        Claim::Taken(run) => run,
        Claim::Refused(running) => bail!("{}; `make stop` stops it", describe(&running)),
    };
    // Until the signals are caught below, ctrl-C ends this process, and the kernel its children.
    let settings = settings(up)?;
    let mut stack = Stack::start(&settings)?;
    let signals = termination_signals()?;
    let announcement = Announcement {
        url: stack.url(),
        metrics: stack.metrics_urls().collect(),
        prometheus: prometheus::configuration(&stack, SCRAPE_INTERVAL),
        operator: operator::script(&stack, &settings),
    };
    run.announce(&announcement)?;
    let Announcement { url, metrics, .. } = &announcement;
    println!("{}", welcome(url, metrics, &up.place.directory));

    let outcome = loop {
        match signals.recv_timeout(CHECK_INTERVAL) {
            Err(RecvTimeoutError::Timeout) => {
                if let Err(error) = stack.ensure_running() {
                    break Err(error);
                }
            }
            Ok(_) | Err(RecvTimeoutError::Disconnected) => break Ok(ExitCode::SUCCESS),
        }
    };
    run.withdraw()?;
    println!("Stopping.");
    stack.stop()?;
    println!("Latchkey is stopped.");
    outcome
}

/// Starts `up` in a session of its own and waits until it is ready.
pub(crate) fn start(up: &Up) -> Result<ExitCode> {
    let directory = &up.place.directory;
    if let Some(running) = RunDirectory::occupant(directory)? {
        bail!("{}; `make stop` stops it", describe(&running));
    }
    let log_directory = directory.join("log");
    let log = log_directory.join("local-run.log");
    fs::create_dir_all(&log_directory)?;
    let output = OpenOptions::new().create(true).append(true).open(&log)?;
    let mut command = Command::new("setsid");
    command
        .arg(std::env::current_exe()?)
        .arg("up")
        .arg("--directory")
        .arg(directory)
        .arg(format!("--port={}", up.port))
        .arg(format!("--auth-servers={}", up.auth_servers))
        .arg(format!("--notes-apis={}", up.notes_apis));
    if let Some(site) = &up.site {
        command.arg("--site").arg(site);
    }
    if up.live_site {
        command.arg("--live-site");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .context("cannot start setsid")?;
    let (url, metrics) = wait::until("starting", START_TIMEOUT, || {
        if let Some(status) = child.try_wait()? {
            bail!(
                "it ended with {status}; the end of {}:\n{}",
                log.display(),
                log_tail(&log)
            );
        }
        let running = RunDirectory::occupant(directory)?;
        Ok(running.and_then(|running| Some((running.url?, running.metrics))))
    })?;
    println!("{}", welcome(&url, &metrics, directory));
    Ok(ExitCode::SUCCESS)
}

/// Stops the process that runs in the directory, and waits until it is gone.
pub(crate) fn stop(directory: &Path) -> Result<ExitCode> {
    let Some(running) = RunDirectory::occupant(directory)? else {
        println!("Latchkey is not running.");
        return Ok(ExitCode::SUCCESS);
    };
    let process = running.process_id.and_then(Pid::from_raw);
    let process = process.context("a process is just starting or ending; try again")?;
    kill_process(process, Signal::TERM).context("cannot stop it; whose is it?")?;
    wait::until("stopping", STOP_TIMEOUT, || {
        Ok(RunDirectory::occupant(directory)?.is_none().then_some(()))
    })?;
    println!("Latchkey is stopped.");
    Ok(ExitCode::SUCCESS)
}

/// Says whether a process runs in the directory.
pub(crate) fn status(directory: &Path) -> Result<ExitCode> {
    let Some(running) = RunDirectory::occupant(directory)? else {
        println!("Latchkey is not running.");
        return Ok(ExitCode::from(NOT_RUNNING));
    };
    println!("{}.", describe(&running));
    if !running.metrics.is_empty() {
        println!("Figures for Prometheus: {}", running.metrics.join(" "));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a command with a throwaway Postgres.
pub(crate) fn with_postgres(command: &[OsString]) -> Result<ExitCode> {
    let (program, arguments) = command.split_first().context("no command")?;
    let cluster = Cluster::start_temporary()?;
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut child = Command::new(program)
        .args(arguments)
        .env(
            TEST_POSTGRES_VARIABLE,
            cluster.server().superuser_url("postgres"),
        )
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let status = std::thread::scope(|scope| {
        let handle = signals.handle();
        let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        scope.spawn(move || {
            for signal in signals.forever() {
                // Ctrl-C reaches the command by itself, being sent to all that run in the terminal.
                if let (SIGTERM | SIGHUP, Some(process)) = (signal, process) {
                    let _ = kill_process(process, Signal::TERM);
                }
            }
        });
        let status = child.wait();
        handle.close();
        status
    })?;
    drop(cluster);
    Ok(exit_code(status))
}

fn settings(up: &Up) -> Result<StackSettings> {
    let mut settings = StackSettings::for_people(&up.place.directory)?;
    settings.ports.gateway = Some(up.port);
    settings.auth_servers = usize::from(up.auth_servers);
    settings.notes_apis = usize::from(up.notes_apis);
    let site = up.site.clone().unwrap_or_else(site::checkout_directory);
    settings.site = if up.live_site {
        Site::Live(site)
    } else {
        Site::Copied(site)
    };
    Ok(settings)
}

/// Catches the signals that mean "stop", and hands them over as they come.
fn termination_signals() -> Result<Receiver<i32>> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || signals.forever().try_for_each(|signal| sender.send(signal)));
    Ok(receiver)
}

/// A shell's way to tell the status of a command, signals included.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

fn describe(running: &Running) -> String {
    match &running.url {
        Some(url) => format!("Latchkey is running at {url}"),
        None => "Latchkey is starting or stopping".to_owned(),
    }
}

fn welcome(url: &str, metrics: &[String], directory: &Path) -> String {
    let (metrics, directory) = (metrics.join(" "), directory.display());
    format!(
        r#"
Latchkey is running. Open it in a browser: {url}
What programs can do: {url}/api-docs/

Figures for Prometheus: {metrics}
prometheus --config.file={directory}/prometheus.yml --storage.tsdb.path={directory}/prometheus

Administer it (docs/operating.md): {directory}/auth-server users create …

Register someone from a command line:

curl -s {url}/auth/register -H 'Content-Type: application/json' \
  -d '{{"username": "ada", "email": "ada@example.org", "password": "a lantern in the 7th harbour", "delivery": "body"}}'
"#
    )
}
