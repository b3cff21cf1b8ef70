//! The disk under Postgres is full.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use e2e::programs::run;
use local_run::temporary::TemporaryDirectory;
use local_run::wait;

use crate::load::Whose;
use crate::table;
use crate::world::World;

/// Enough for a cluster and the suite's data, little enough to be filled.
const DISK: &str = "size=500m,mode=700";

/// How many writes meet the full disk, at the least.
const REFUSALS: u64 = 5;
const SOON: Duration = Duration::from_secs(60);

/// A small disk of its own. Mounts are made in this process's own namespace, and vanish with it.
pub(crate) struct SmallDisk {
    directory: PathBuf,
    /// Removed after the disk is out of it.
    _around: TemporaryDirectory,
}

impl SmallDisk {
    /// Mounted somewhere, and found under this name.
    pub(crate) fn mount(name: &Path) -> Self {
        let around = TemporaryDirectory::new("disk").unwrap();
        let directory = around.path().join("disk");
        fs::create_dir(&directory).unwrap();
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", DISK, "latchkey-faults"])
            .arg(&directory));
        symlink(&directory, name).unwrap();
        Self {
            directory,
            _around: around,
        }
    }

    fn ballast(&self) -> PathBuf {
        self.directory.join("ballast")
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let block = vec![0; 64 * 1024];
        while ballast.write_all(&block).is_ok() {}
        while ballast.write_all(&[0]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whatever still uses it keeps it until its end.
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(&self.directory)
            .status();
    }
}

/// Writes are put off, and reads are served, as long as Postgres lets them; all goes on by itself when
/// there is room.
pub(crate) async fn full(world: &mut World) {
    const NAME: &str = "disk of Postgres full";
    if world.disk.is_none() {
        table::not_run(NAME, "this process may not mount a disk of its own");
        return;
    }
    let mut fault = world.fault(NAME, &["503 unavailable"]);
    let client = world.system.client();
    let reader = client.register().await;
    let note = client.write_note(&reader.access_token, "Harbour").await;
    for _ in 0..world.size.states {
        // A log segment of its own, so that what runs out of room is the tables.
        let server = world.system.stack.postgres.server();
        let mut postgres = server.connect().unwrap();
        postgres
            .batch_execute("select pg_switch_wal(); checkpoint")
            .unwrap();
        world.crowd.served_since(Instant::now(), Whose::Both).await;

        world.disk.iter().for_each(SmallDisk::fill);
        let before = world.crowd.tally.refusals();
        wait::until("refusing writes", SOON, || {
            let more = world.crowd.tally.refusals() - before;
            Ok((more >= REFUSALS).then_some(()))
        })
        .unwrap();
        let over = Instant::now() + world.size.while_it_lasts;
        while Instant::now() < over {
            let read = client
                .get(note.header("location"))
                .bearer(&reader.access_token);
            read.send().await.assert_status(200);
            let verified = client.get("/auth/verify").bearer(&reader.access_token);
            verified.send().await.assert_status(200);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        world.disk.iter().for_each(SmallDisk::make_room);
        world.recover(&mut fault, Instant::now()).await;
        world.check().await;
    }
    world.conclude(fault).await;
}
