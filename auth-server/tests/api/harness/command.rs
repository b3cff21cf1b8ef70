//! The binary as an operator runs it.

use std::process::{Command, Stdio};

use super::{Database, MASTER_KEY};

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    success: bool,
    stdout: String,
    stderr: String,
}

/// Runs a command on this database, with the master key of all tests and no other environment.
pub(crate) fn run(database: &Database, arguments: &[&str]) -> Outcome {
    run_with(database, arguments, &[("AUTH_MASTER_KEYS", MASTER_KEY)])
}

/// Runs a command on this database with these settings.
pub(crate) fn run_with(
    database: &Database,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_auth-server"))
        .args(arguments)
        .env_clear()
        .env("AUTH_DATABASE_URL", database.service_url())
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let outcome = Outcome {
        success: output.status.success(),
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
        assert!(self.success, "{self:?}");
        self.stdout
    }

    /// What a refused command complained of.
    #[track_caller]
    pub(crate) fn complained(self) -> String {
        assert!(!self.success && self.stdout.is_empty(), "{self:?}");
        self.stderr
    }
}
