//! Clocks are wrong, and jump. Refreshes go by the database's; access tokens are issued by it too, and
//! verified by each service's own with a leeway of 5 s.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use local_run::daemon::Daemon;

use crate::load::{ACCESS_TOKENS, Whose};
use crate::table;
use crate::world::World;

/// Within the leeway, behind and before, and a step back after each.
const WITHIN_LEEWAY: [i64; 4] = [5, 0, -5, 0];

/// A clock of its own for a program: `libfaketime`, which reads the offset from a file.
struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    /// `None` where the library is not installed.
    fn new(directory: &Path, name: &str) -> Option<Self> {
        let libraries = fs::read_dir("/usr/lib").unwrap().map(Result::unwrap);
        let library = libraries
            .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
            .find(|library| library.is_file())?;
        let clock = Self {
            file: directory.join(format!("{name}.clock")),
            library,
        };
        clock.set(0);
        Some(clock)
    }

    /// Moves the clock to so many seconds from the machine's. What measures time that passes is left
    /// alone.
    fn set(&self, offset: i64) {
        let partial = self.file.with_extension("partial");
        fs::write(&partial, format!("{offset:+}\n")).unwrap();
        fs::rename(partial, &self.file).unwrap();
    }

    fn environment(&self) -> Vec<(String, String)> {
        [
            ("LD_PRELOAD", self.library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}

/// The clocks of one replica of each service are wrong, within the leeway in opposite directions.
pub(crate) async fn of_replicas(world: &mut World) {
    const NAME: &str = "clock of a replica ±5 s, ±2 min, back";
    let directory = world.system.settings.directory.clone();
    let clocks = ["auth-server", "notes-api"].map(|name| Clock::new(&directory, name));
    let [Some(auth), Some(notes)] = clocks else {
        table::not_run(NAME, "libfaketime is not installed");
        return;
    };
    give(&mut world.system.stack.auth_servers[0], &auth);
    give(&mut world.system.stack.notes_apis[0], &notes);
    let mut fault = world.fault(NAME, &[]);
    let set = |auth_offset: i64, notes_offset: i64| {
        auth.set(auth_offset);
        notes.set(notes_offset);
    };
    for _ in 0..world.size.states {
        for offset in WITHIN_LEEWAY {
            set(offset, -offset);
            world.recover(&mut fault, Instant::now()).await;
        }
        // Far ahead, a token is a little nearer to its end.
        for offset in [120, 0] {
            set(offset, offset);
            world.recover(&mut fault, Instant::now()).await;
        }
        world.check().await;
        // Far behind, their verifiers take each fresh token for one from the future. That is beyond the
        // leeway, and counted apart. Refreshing goes on.
        world.crowd.tally.excuse(true);
        set(-120, -120);
        tokio::time::sleep(world.size.while_it_lasts).await;
        set(0, 0);
        // Once everyone has been served, no answer from before is on its way any more.
        world.recover(&mut fault, Instant::now()).await;
        world.crowd.tally.excuse(false);
    }
    fault.remarks = format!(
        "{} tokens refused 2 min behind, counted apart",
        world.crowd.tally.excused()
    );
    world.conclude(fault).await;
    take(&mut world.system.stack.auth_servers[0]);
    take(&mut world.system.stack.notes_apis[0]);
}

/// The database's clock is wrong, and with it the times of issue. It alone decides about sessions.
pub(crate) async fn of_the_database(world: &mut World) {
    const NAME: &str = "clock of Postgres ±5 s, ±2 min, back";
    let Some(clock) = Clock::new(&world.system.settings.directory, "postgres") else {
        table::not_run(NAME, "libfaketime is not installed");
        return;
    };
    let mut fault = world.fault(NAME, &["503 unavailable"]);
    restart_postgres(world, clock.environment()).await;
    for _ in 0..world.size.states {
        for offset in WITHIN_LEEWAY {
            clock.set(offset);
            world.recover(&mut fault, Instant::now()).await;
        }
        world.check().await;
        // Grace windows end at once, and tokens come from the future until it is there.
        world.crowd.tally.excuse(true);
        for offset in [120, 0, -120, 0] {
            clock.set(offset);
            let set = Instant::now();
            tokio::time::sleep(world.size.while_it_lasts).await;
            world.crowd.served_since(set, Whose::AuthServer).await;
        }
        let back = Instant::now();
        world.recover(&mut fault, back).await;
        // Each session is given access tokens by the right clock, in place of those that are remembered.
        for _ in 0..ACCESS_TOKENS {
            world.check().await;
        }
        world.crowd.tally.excuse(false);
        world.check().await;
    }
    restart_postgres(world, Vec::new()).await;
    fault.remarks = format!(
        "{} tokens refused as of the future, counted apart",
        world.crowd.tally.excused()
    );
    world.conclude(fault).await;
}

async fn restart_postgres(world: &mut World, environment: Vec<(String, String)>) {
    let postgres = &mut world.system.stack.postgres;
    postgres.set_environment(environment);
    postgres.restart().unwrap();
    world.crowd.served_since(Instant::now(), Whose::Both).await;
}

fn give(daemon: &mut Daemon, clock: &Clock) {
    daemon.stop().unwrap();
    daemon.program_mut().environment.extend(clock.environment());
    daemon.start().unwrap();
}

fn take(daemon: &mut Daemon) {
    daemon.stop().unwrap();
    let environment = &mut daemon.program_mut().environment;
    environment.retain(|(name, _)| name != "LD_PRELOAD" && !name.starts_with("FAKETIME"));
    daemon.start().unwrap();
}
