//! The services' executables.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Names the directory of the services' executables, where they are built already.
/// `scripts/test` sets it; an installation or an image's binaries can be tested the same way.
pub const BINARIES_VARIABLE: &str = "LATCHKEY_BINARIES";

const PACKAGES: [&str; 2] = ["auth-server", "notes-api"];

/// Where the executables `auth-server` and `notes-api` are.
#[derive(Debug, Clone)]
pub struct Binaries {
    directory: PathBuf,
}

impl Binaries {
    /// Those in the directory of this executable: cargo puts the workspace's binaries side by side.
    ///
    /// # Errors
    ///
    /// When they are not there.
    pub fn beside_this_program() -> Result<Self> {
        Self::in_directory(own_target_directory()?)
    }

    /// For a test: those in the directory that [`BINARIES_VARIABLE`] names; without it, builds them
    /// into the directory of this test's own binaries. That takes a moment when they are fresh.
    ///
    /// # Errors
    ///
    /// When the build fails, with the compiler's messages, or the binaries are not there.
    #[expect(
        clippy::disallowed_methods,
        reason = "a variable for test runs, not a setting"
    )]
    pub fn for_tests() -> Result<Self> {
        if let Some(directory) = std::env::var_os(BINARIES_VARIABLE) {
            return Self::in_directory(PathBuf::from(directory));
        }
        let directory = own_target_directory()?;
        build(&directory)?;
        Self::in_directory(directory)
    }

    /// Those in some directory.
    ///
    /// # Errors
    ///
    /// When they are not there.
    pub fn in_directory(directory: PathBuf) -> Result<Self> {
        let binaries = Self { directory };
        for name in PACKAGES {
            let path = binaries.path(name);
            if !path.is_file() {
                bail!("{} is not built", path.display());
            }
        }
        Ok(binaries)
    }

    /// The path of one.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// `target/<profile>`, from `target/<profile>/local-run` or `target/<profile>/deps/some_test-<hash>`.
fn own_target_directory() -> Result<PathBuf> {
    let executable = std::env::current_exe().context("cannot find this executable")?;
    let directory = executable
        .parent()
        .context("this executable is in no directory")?;
    Ok(match directory.file_name() {
        Some(name) if name == "deps" => directory.parent().unwrap_or(directory).to_owned(),
        _ => directory.to_owned(),
    })
}

fn build(directory: &Path) -> Result<()> {
    let target = directory
        .parent()
        .context("this executable is in no target directory")?;
    let profile = match directory.file_name() {
        Some(name) if name != "debug" => name,
        _ => OsStr::new("dev"),
    };
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet"])
        .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .arg("--profile")
        .arg(profile)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| !is_of_the_running_test(name)))
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!(
            "cargo build failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// What cargo tells a test about its package would make build scripts that watch these variables run
/// again, each time for another package.
fn is_of_the_running_test(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
            "CARGO_PRIMARY_",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
            || name == "LD_LIBRARY_PATH"
    })
}
