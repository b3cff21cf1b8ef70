//! A cluster's files.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::Durability;
use super::programs::Programs;
use crate::account::Account;
use crate::process::inherited_path;

/// Makes a directory that is its owner's alone.
pub(super) fn make_private(directory: &Path) -> Result<PathBuf> {
    fs::create_dir_all(directory)
        .and_then(|()| fs::set_permissions(directory, Permissions::from_mode(0o700)))
        .and_then(|()| fs::canonicalize(directory))
        .with_context(|| format!("cannot use {}", directory.display()))
}

/// Makes the data directory, whole or not at all.
pub(super) fn init(
    programs: &Programs,
    account: &Account,
    password_file: &Path,
    durability: Durability,
    data: &Path,
) -> Result<()> {
    let partial = data.with_extension("partial");
    match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let output = account
        .command(programs.path("initdb"))
        .arg("--pgdata")
        .arg(&partial)
        .arg("--pwfile")
        .arg(password_file)
        .args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ])
        .args(["--locale=C.UTF-8", "--no-instructions"])
        .args((durability == Durability::Throwaway).then_some("--no-sync"))
        .env_clear()
        .envs(inherited_path())
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .context("cannot run initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    fs::rename(&partial, data).context("cannot name the new data directory")
}

/// Whether this very process accepts connections.
pub(super) fn is_ready(status_file: &Path, process_id: u32) -> bool {
    status(status_file) == Some((process_id, "ready".to_owned()))
}

/// Whether some process is about to give the directory up.
pub(super) fn is_stopping(status_file: &Path) -> bool {
    status(status_file).is_some_and(|(process_id, state)| {
        state == "stopping" && Path::new("/proc").join(process_id.to_string()).exists()
    })
}

/// The first and the eighth line of `postmaster.pid`, which `pg_ctl` reads too: the process id and
/// `starting`, `ready` or `stopping`.
fn status(status_file: &Path) -> Option<(u32, String)> {
    let text = fs::read_to_string(status_file).ok()?;
    let mut lines = text.lines().map(str::trim);
    Some((lines.next()?.parse().ok()?, lines.nth(6)?.to_owned()))
}
