//! The machine of a run, as far as the figures depend on it.

use std::{fs, path::Path, thread};

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
    /// Whether the kernel scheduled each session as a group (ADR 0020).
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
        let cgroups = fs::read_to_string("/proc/self/cgroup")?;
        let shown: Shown = sql_query("select current_setting('server_version') as setting")
            .get_result(&mut world.auth_database()?)
            .context("cannot ask Postgres for its version")?;
        Ok(Self {
            cores: thread::available_parallelism()?.get(),
            processor: processor(&processors).to_owned(),
            kernel: release(&kernel).to_owned(),
            autogroup: autogroup.is_ok_and(|setting| setting.trim() == "1")
                && !shares_processors_by_cgroup(&cgroups, Path::exists),
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

/// Whether a process with these cgroups shares the processors as a member of one, as under systemd and in
/// containers. Autogroup is for all others.
fn shares_processors_by_cgroup(cgroups: &str, exists: impl Fn(&Path) -> bool) -> bool {
    cgroups.lines().any(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            return false;
        };
        let groups = Path::new(path)
            .ancestors()
            .filter(|path| *path != Path::new("/"));
        if controllers.is_empty() {
            // Version 2: that of the nearest ancestor for which the controller is enabled.
            groups.into_iter().any(|group| {
                let group = group.strip_prefix("/").unwrap_or(group);
                exists(&Path::new("/sys/fs/cgroup").join(group).join("cpu.weight"))
            })
        } else {
            controllers.split(',').any(|controller| controller == "cpu") && path != "/"
        }
    })
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
    use std::path::Path;

    use super::{processor, release, shares_processors_by_cgroup};

    #[test]
    fn processors_are_shared_by_the_cgroup_for_which_the_controller_is_enabled() {
        for (cgroups, enabled, shared) in [
            ("3:cpu,cpuacct:/\n0::/\n", "", false),
            ("3:cpuset:/group\n1:cpu:/\n", "", false),
            ("3:cpuset:/\n1:cpu,cpuacct:/group\n", "", true),
            ("0::/\n", "/sys/fs/cgroup/cpu.weight", false),
            ("0::/system.slice/postgres.service\n", "", false),
            (
                "0::/system.slice/postgres.service\n",
                "/sys/fs/cgroup/system.slice/cpu.weight",
                true,
            ),
        ] {
            let exists = |path: &Path| path == Path::new(enabled);
            assert_eq!(
                shares_processors_by_cgroup(cgroups, exists),
                shared,
                "{cgroups}"
            );
        }
    }

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
