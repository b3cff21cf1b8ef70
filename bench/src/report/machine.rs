//! The machine of a run, as far as the figures depend on it.

use std::{fs, thread};

use anyhow::{Context, Result};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use serde::{Deserialize, Serialize};

use crate::world::World;

/// What says how the figures of another machine may differ. Nothing by which the machine is known.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    cores: usize,
    processor: String,
    kernel: String,
    /// Whether the kernel schedules each session as a group (ADR 0020).
    autogroup: bool,
    postgres: String,
}

impl Machine {
    /// The one on which the world runs.
    pub(crate) fn of(world: &World) -> Result<Self> {
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        // Kernels that have no autogroup have no such file.
        let autogroup = fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled");
        let shown: Shown = sql_query("select current_setting('server_version') as setting")
            .get_result(&mut world.auth_database()?)
            .context("cannot ask Postgres for its version")?;
        Ok(Self {
            cores: thread::available_parallelism()?.get(),
            processor: processor(&processors).to_owned(),
            kernel: release(&kernel).to_owned(),
            autogroup: autogroup.is_ok_and(|setting| setting.trim() == "1"),
            postgres: shown.setting,
        })
    }

    /// In one line.
    pub(crate) fn for_people(&self) -> String {
        let Self {
            cores,
            processor,
            kernel,
            autogroup,
            postgres,
        } = self;
        let autogroup = if *autogroup { "with" } else { "without" };
        format!(
            "{cores} cores, {processor}, Linux {kernel} {autogroup} autogroup, Postgres {postgres}"
        )
    }
}

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = Text)]
    setting: String,
}

/// Without what its builder added.
fn release(kernel: &str) -> &str {
    kernel.trim().split('-').next().unwrap_or_default()
}

/// Not every architecture tells its name.
fn processor(cpuinfo: &str) -> &str {
    cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == "model name")
        .map_or("unknown processor", |(_, name)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::{processor, release};

    #[test]
    fn a_kernel_is_known_by_its_release() {
        assert_eq!(release("6.1.0-18-amd64\n"), "6.1.0");
        assert_eq!(release("6.12.3\n"), "6.12.3");
    }

    #[test]
    fn the_first_processor_stands_for_all() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Some Processor @ 2.0GHz\nmodel name\t: Other\n";
        assert_eq!(processor(cpuinfo), "Some Processor @ 2.0GHz");
        assert_eq!(processor("BogoMIPS : 50\n"), "unknown processor");
    }
}
