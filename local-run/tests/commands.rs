//! The commands of `local-run` that need no service.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use local_run::wait;
use rustix::process::{Pid, Signal, kill_process};

fn local_run() -> Command {
    Command::new(env!("CARGO_BIN_EXE_local-run"))
}

fn run(arguments: &[&str]) -> Output {
    local_run().args(arguments).output().unwrap()
}

#[test]
fn a_command_gets_a_postgres_and_its_status_is_passed_on() {
    let output = run(&[
        "with-postgres",
        "--",
        "sh",
        "-c",
        "echo $LATCHKEY_TEST_POSTGRES; exit 7",
    ]);
    assert_eq!(output.status.code(), Some(7));
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(url.starts_with("postgres://postgres:"), "{url}");
    assert!(url.ends_with("/postgres\n"), "{url}");
}

#[test]
fn a_command_that_is_not_there_is_named() {
    let output = run(&["with-postgres", "--", "no-such-command"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot run no-such-command"));
}

/// Nothing survives a `kill -9` of the process that started it: neither Postgres nor its directory.
#[test]
fn a_killed_run_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let script = "ls -d \"$TMPDIR\"/latchkey-*; head -1 \"$TMPDIR\"/latchkey-*/data/postmaster.pid; exec cat";
    let mut run = local_run()
        .args(["with-postgres", "--", "sh", "-c", script])
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let (directory, postmaster) = (lines.next().unwrap(), lines.next().unwrap());
    // Empty for a zombie that init has not yet reaped.
    let postmaster = Path::new("/proc").join(postmaster).join("cmdline");
    let runs = || std::fs::read(&postmaster).is_ok_and(|line| !line.is_empty());
    assert!(Path::new(&directory).exists() && runs());

    kill_process(Pid::from_child(&run), Signal::KILL).unwrap();
    run.wait().unwrap();
    wait::until("cleaning up", Duration::from_secs(30), || {
        Ok((!Path::new(&directory).exists() && !runs()).then_some(()))
    })
    .unwrap();
}

#[test]
fn where_nothing_runs_stop_is_content_and_status_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().to_str().unwrap();
    for (command, status) in [("stop", 0), ("status", 3)] {
        let output = run(&[command, "--directory", directory]);
        assert_eq!(output.status.code(), Some(status), "{command}");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "Latchkey is not running.\n"
        );
    }
}
