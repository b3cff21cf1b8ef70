//! Programs that packages have installed.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::inherited_path;

/// Where Debian has servers, and off the `PATH` of ordinary users.
const SBIN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// Where this program is.
///
/// # Errors
///
/// When it is not installed.
pub fn program(name: &str) -> Result<PathBuf> {
    inherited_path()
        .flat_map(|(_, path)| std::env::split_paths(&path).collect::<Vec<_>>())
        .chain(SBIN.into_iter().map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|program| program.is_file())
        .with_context(|| format!("{name} is not installed; scripts/install-packages installs it"))
}
