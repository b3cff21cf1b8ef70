//! The binary as an operator meets it: its settings, its help, its sub-commands, their exit codes.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod commands;
mod help;
mod migrations;
mod secrets;
mod settings;

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    time::Duration,
};

use local_run::wait;

const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How a run of the binary ended.
#[derive(Debug)]
struct Outcome {
    success: bool,
    stdout: String,
    stderr: String,
}

/// A running binary. Dropped, it is killed.
struct Running(Child);

/// Starts the binary with this environment and no other.
fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Running {
    let child = Command::new(env!("CARGO_BIN_EXE_auth-server"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Running(child)
}

/// Runs the binary to its end.
#[track_caller]
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    start(arguments, environment).finish()
}

impl Running {
    #[track_caller]
    fn finish(mut self) -> Outcome {
        let ended = wait::until("the end of the binary", Duration::from_secs(20), || {
            Ok(self.0.try_wait()?)
        });
        if ended.is_err() {
            self.0.kill().unwrap();
        }
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.0
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        self.0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        match ended {
            Ok(status) => Outcome {
                success: status.success(),
                stdout,
                stderr,
            },
            Err(error) => panic!("{error}; it said: {stderr}"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
