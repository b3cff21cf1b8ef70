//! The installed Postgres programs, which Debian keeps off the `PATH`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// `\getenv` in the bootstrap script came with psql 15.
const OLDEST_MAJOR: u32 = 15;
const DEBIAN_PARENT: &str = "/usr/lib/postgresql";

/// Where the programs of the newest Postgres that is installed are.
///
/// # Errors
///
/// When there is none.
pub fn program_directory() -> Result<PathBuf> {
    Ok(Programs::newest()?.directory)
}

/// A directory with `initdb`, `postgres` and `psql` of one major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    directory: PathBuf,
    major: u32,
}

impl Programs {
    /// The newest ones installed.
    pub(super) fn newest() -> Result<Self> {
        installed()?.pop().with_context(|| {
            format!(
                "no Postgres {OLDEST_MAJOR} or newer is installed (looked in {DEBIAN_PARENT}/*/bin \
                 and PATH); scripts/install-packages installs it"
            )
        })
    }

    /// Those that can open the data directory `data`: Postgres opens only data of its own major
    /// version.
    pub(super) fn for_data(data: &Path) -> Result<Self> {
        let written_by: u32 = fs::read_to_string(data.join("PG_VERSION"))?
            .trim()
            .parse()?;
        let found = installed()?;
        let majors: Vec<u32> = found.iter().map(|programs| programs.major).collect();
        match found
            .into_iter()
            .find(|programs| programs.major == written_by)
        {
            Some(programs) => Ok(programs),
            None => bail!(
                "{} was written by Postgres {written_by}; installed: {majors:?}. Install that \
                 version, or remove the directory to begin again",
                data.display()
            ),
        }
    }

    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.directory.join(program)
    }
}

/// All that qualify, oldest first.
fn installed() -> Result<Vec<Programs>> {
    let mut found: Vec<Programs> = fs::read_dir(DEBIAN_PARENT)
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .chain(std::env::split_paths(&path_variable()))
        .filter(|directory| {
            ["initdb", "postgres", "psql"]
                .iter()
                .all(|program| directory.join(program).is_file())
        })
        .map(|directory| {
            Ok(Programs {
                major: major_version(&directory)?,
                directory,
            })
        })
        .collect::<Result<_>>()?;
    found.retain(|programs| programs.major >= OLDEST_MAJOR);
    found.sort_by_key(|programs| programs.major);
    Ok(found)
}

fn path_variable() -> std::ffi::OsString {
    crate::process::inherited_path()
        .map(|(_, value)| value)
        .next()
        .unwrap_or_default()
}

fn major_version(directory: &Path) -> Result<u32> {
    let program = directory.join("postgres");
    let output = Command::new(&program)
        .arg("--version")
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
        .with_context(|| format!("{} --version says nothing of use", program.display()))
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → 15; also `17beta1`, `18devel`.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL) ").nth(1)?;
    let digits = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_major_versions() {
        for (text, major) in [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                Some(15),
            ),
            ("postgres (PostgreSQL) 17beta1\n", Some(17)),
            ("postgres (PostgreSQL) 18\n", Some(18)),
            ("postgres (PostgreSQL) \n", None),
            ("psql: not found", None),
        ] {
            assert_eq!(parse_major(text), major, "{text}");
        }
    }

    #[test]
    fn data_of_a_version_that_is_not_installed_is_left_alone() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("PG_VERSION"), "9\n").unwrap();
        let error = Programs::for_data(data.path()).unwrap_err().to_string();
        assert!(
            error.contains("was written by Postgres 9; installed: [1"),
            "{error}"
        );
    }
}
