//! What processes use, as the kernel tells it.

use std::{fmt, fs};

use anyhow::{Context, Result};
use local_run::daemon::Daemon;

/// Memory of a process, in megabytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// All that is resident.
    pub(crate) resident: f64,
    /// Of that, what is the process's own: heap and stacks.
    pub(crate) anonymous: f64,
    /// Of that, pages of the executable and of libraries, which others may share.
    pub(crate) file: f64,
}

impl Memory {
    /// Of a running daemon.
    pub(crate) fn of(daemon: &Daemon) -> Result<Self> {
        let process = daemon.process_id().context("the process has ended")?;
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        Ok(Self {
            resident: megabytes(&status, "VmRSS")?,
            anonymous: megabytes(&status, "RssAnon")?,
            file: megabytes(&status, "RssFile")?,
        })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            resident,
            anonymous,
            file,
        } = self;
        write!(
            f,
            "{resident:.1} MB, of which {anonymous:.1} MB are its own and {file:.1} MB pages of files"
        )
    }
}

/// A line of the form `VmRSS:     1234 kB`, where a kB has 1,024 bytes.
fn megabytes(status: &str, name: &str) -> Result<f64> {
    let kilobytes: f64 = status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| value.trim().strip_suffix(" kB")?.parse().ok())
        .with_context(|| format!("no {name} in the status of a process"))?;
    Ok(kilobytes * 1_024.0 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilobytes_of_the_kernel_are_read_as_megabytes() {
        let status = "Name:\tauth-server\nVmHWM:\t   30000 kB\nVmRSS:\t   15625 kB\n";
        assert!((megabytes(status, "VmRSS").unwrap() - 16.0).abs() < 1e-9);
        assert!(megabytes(status, "RssAnon").is_err());
    }
}
