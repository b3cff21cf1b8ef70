//! How much memory a process has taken.

use local_run::daemon::Daemon;

/// The most that it ever had resident, in bytes.
pub(crate) fn peak(daemon: &Daemon) -> u64 {
    let process = daemon.process_id().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: u64 = line
        .unwrap()
        .trim()
        .strip_suffix(" kB")
        .unwrap()
        .parse()
        .unwrap();
    kibibytes << 10
}
