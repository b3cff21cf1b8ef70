//! The code that was measured.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// Which state of the code, and what built it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Source {
    /// Abbreviated; unknown where the code is not in a repository.
    commit: Option<String>,
    /// Whether files that are part of no commit yet were there, or were changed.
    changed: bool,
    compiler: String,
}

impl Source {
    /// The code in the directory in which the bench runs.
    pub(crate) fn here() -> Result<Self> {
        Ok(Self {
            commit: said_by("git", &["rev-parse", "--short", "HEAD"]).ok(),
            changed: said_by("git", &["status", "--porcelain"])
                .is_ok_and(|files| !files.is_empty()),
            compiler: said_by("rustc", &["--version"])?,
        })
    }

    /// In one line.
    pub(crate) fn for_people(&self) -> String {
        let Self {
            commit,
            changed,
            compiler,
        } = self;
        let commit = commit.as_deref().unwrap_or("unknown");
        let changed = if *changed { " with changes" } else { "" };
        format!("commit {commit}{changed}, built by {compiler}")
    }
}

fn said_by(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    ensure!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
