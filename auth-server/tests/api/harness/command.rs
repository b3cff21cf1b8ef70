//! The binary as an operator runs it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{Database, MASTER_KEY};

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs a command on this database, with the master key of all tests and no other environment.
pub(crate) fn run(database: &Database, arguments: &[&str]) -> Outcome {
    run_with(database, arguments, &[("AUTH_MASTER_KEYS", MASTER_KEY)])
}

/// Runs a command that reads this from its standard input.
pub(crate) fn run_reading(database: &Database, arguments: &[&str], input: &str) -> Outcome {
    run_all(
        database,
        arguments,
        &[("AUTH_MASTER_KEYS", MASTER_KEY)],
        input,
    )
}

/// Runs a command on this database with these settings.
pub(crate) fn run_with(
    database: &Database,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> Outcome {
    run_all(database, arguments, settings, "")
}

fn run_all(
    database: &Database,
    arguments: &[&str],
    settings: &[(&str, &str)],
    input: &str,
) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_auth-server"))
        .args(arguments)
        .env_clear()
        .env("AUTH_DATABASE_URL", database.service_url())
        .envs(settings.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone before it is written to.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let outcome = Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    for (_, value) in settings {
        assert!(!outcome.stdout.contains(value) && !outcome.stderr.contains(value));
    }
    outcome
}

impl Outcome {
    /// What a successful command said.
    #[track_caller]
    pub(crate) fn said(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The JSON that a successful command answered with.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.said()).unwrap()
    }

    /// What a refused command complained of.
    #[track_caller]
    pub(crate) fn complained(self) -> String {
        assert!(self.code != Some(0) && self.stdout.is_empty(), "{self:?}");
        self.stderr
    }

    /// What a command complained of that exited with this code.
    #[track_caller]
    pub(crate) fn complained_with(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.complained()
    }
}
