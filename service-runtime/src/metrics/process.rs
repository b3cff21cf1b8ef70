//! What the kernel knows of the process, under the names that all of Prometheus' clients use, and what
//! the process knows of its build.

use procfs::process::{LimitValue, Process};

use super::exposition::Exposition;

/// What runs here.
#[derive(Clone, Copy, Debug)]
pub struct BuildInfo {
    /// The service: `auth-server`.
    pub service: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl BuildInfo {
    pub(super) fn read(self, exposition: &mut Exposition) {
        let profile = if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        };
        let labels = [
            ("service", self.service),
            ("version", self.version),
            ("profile", profile),
        ];
        exposition
            .gauge(
                "latchkey_build_info",
                "Always 1; the labels say what runs here.",
            )
            .sample(&labels, 1);
    }
}

/// When the process began, in seconds since 1970, if that can be known. The kernel tells it as from the
/// time of its own start, which moves when the clock is set: it is asked once, or the process would seem
/// to begin anew.
pub(super) fn start() -> Option<f64> {
    let ticks = Process::myself().ok()?.stat().ok()?.starttime;
    let boot = procfs::boot_time_secs().ok()?;
    Some(seconds(boot * procfs::ticks_per_second() + ticks))
}

/// Where there is no `/proc`, or it cannot be read, there are no such figures.
pub(super) fn read(start: Option<f64>, exposition: &mut Exposition) {
    exposition
        .gauge(
            "process_start_time_seconds",
            "When the process began, in seconds since 1970.",
        )
        .value_if_known(start);
    let Ok(process) = Process::myself() else {
        return;
    };
    if let Ok(stat) = process.stat() {
        exposition
            .counter(
                "process_cpu_seconds_total",
                "Processor time in user and system mode.",
            )
            .value(seconds(stat.utime + stat.stime));
        exposition
            .gauge(
                "process_resident_memory_bytes",
                "Memory that the process has of the machine's.",
            )
            .value(stat.rss * procfs::page_size());
        exposition
            .gauge(
                "process_virtual_memory_bytes",
                "Addresses that the process has mapped, used or not.",
            )
            .value(stat.vsize);
        exposition
            .gauge("process_threads", "Threads.")
            .value(stat.num_threads);
    }
    if let Ok(open) = process.fd_count() {
        exposition
            .gauge("process_open_fds", "File descriptors that are open.")
            .value(open);
    }
    if let Ok(limits) = process.limits()
        && let LimitValue::Value(most) = limits.max_open_files.soft_limit
    {
        exposition
            .gauge(
                "process_max_fds",
                "File descriptors that may be open at once.",
            )
            .value(most);
    }
}

/// Clock ticks are whole hundredths of a second on every Linux that there is; should they not be, they
/// are whole fractions of one.
#[expect(
    clippy::cast_precision_loss,
    reason = "ticks of a second, which reach 2⁵³ after three million years"
)]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / procfs::ticks_per_second() as f64
}
