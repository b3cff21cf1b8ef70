//! What processes use, as the kernel tells it, and what they may use.

use std::{
    fmt, fs,
    io::{self, ErrorKind},
    process::Command,
};

use anyhow::{Context, Result, ensure};
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

/// Processor time of those threads of these processes that run now and whose name is wanted.
pub(crate) fn thread_seconds(processes: &[u32], is_wanted: impl Fn(&str) -> bool) -> Result<f64> {
    let mut seconds = 0.0;
    for process in processes {
        let Some(threads) = unless_ended(fs::read_dir(format!("/proc/{process}/task")))? else {
            continue;
        };
        for thread in threads {
            let thread = thread?.path();
            let Some(name) = unless_ended(fs::read_to_string(thread.join("comm")))? else {
                continue;
            };
            if !is_wanted(name.trim_end()) {
                continue;
            }
            if let Some(times) = unless_ended(fs::read_to_string(thread.join("schedstat")))? {
                // The first number is nanoseconds on a processor.
                let own: f64 = times.split(' ').next().unwrap_or_default().parse()?;
                seconds += own / 1e9;
            }
        }
    }
    Ok(seconds)
}

/// What the kernel says of a process or thread, unless it has ended meanwhile.
fn unless_ended<T>(said: io::Result<T>) -> io::Result<Option<T>> {
    match said {
        Ok(said) => Ok(Some(said)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(NO_SUCH_PROCESS) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `ESRCH`, which `std` has no name for.
const NO_SUCH_PROCESS: i32 = 3;

/// Processor time of this process, those of its threads included that have ended.
pub(crate) fn own_seconds() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/stat")?;
    // Behind the name, which may hold anything: user and system time are the 12th and 13th field, in
    // hundredths of a second (proc(5)).
    let (_, fields) = status
        .rsplit_once(')')
        .context("no name in /proc/self/stat")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut hundredths = || fields.next().unwrap_or_default().parse::<f64>();
    Ok((hundredths()? + hundredths()?) / 100.0)
}

/// The processes that a process has started and that run now.
pub(crate) fn children(process: u32) -> Result<Vec<u32>> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
    let children = children.split_whitespace().map(str::parse);
    Ok(children.collect::<Result<_, _>>()?)
}

/// The processors that this process may use.
pub(crate) fn processors() -> Result<Vec<u32>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .context("the kernel does not say which processors may be used")?;
    expand(list.trim())
}

/// A list of the form `0-1,4`.
fn expand(list: &str) -> Result<Vec<u32>> {
    let mut processors = Vec::new();
    for range in list.split(',') {
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        processors.extend(low.parse::<u32>()?..=high.parse()?);
    }
    Ok(processors)
}

/// Lets a process, with all its threads, run on these processors only. Those that it starts later do the same.
pub(crate) fn pin(process: u32, processors: &[u32]) -> Result<()> {
    let list: Vec<String> = processors.iter().map(ToString::to_string).collect();
    let output = Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", &list.join(",")])
        .arg(process.to_string())
        .output()
        .context("cannot run taskset")?;
    ensure!(
        output.status.success(),
        "cannot pin process {process}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
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

    #[test]
    fn lists_of_processors_are_expanded() {
        assert_eq!(expand("0-2,5").unwrap(), [0, 1, 2, 5]);
        assert_eq!(expand("3").unwrap(), [3]);
        assert!(expand("").is_err());
    }
}
