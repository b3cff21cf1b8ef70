//! From the release before to this one, and back, while people work.

use std::path::{Path, PathBuf};
use std::time::Instant;

use e2e::programs::run;
use local_run::binaries::Binaries;
use local_run::daemon::Daemon;
use local_run::postgres::Service;

use crate::schema::migration;
use crate::size::Size;
use crate::table;
use crate::world::World;

/// Names a directory with the binaries of the release before, where there are any.
const PREVIOUS: &str = "LATCHKEY_PREVIOUS_BINARIES";
const NAME: &str = "rolling upgrade, back, and again";

/// The release before has made the schema and serves. This one migrates it under them and takes over, replica
/// after replica; then it all goes back, on the newer schema, and forward again. Not one call fails.
pub(crate) async fn rolling(size: Size) {
    let Some(directory) = previous_binaries() else {
        table::not_run(NAME, &format!("{PREVIOUS} names no directory"));
        return;
    };
    let present = Binaries::for_tests().unwrap();
    let previous = Binaries::in_directory(directory).unwrap();
    let mut world = World::start_with(size, false, |settings| {
        settings.binaries = previous.clone();
    })
    .await;
    let mut fault = world.fault(NAME, &[]);
    for service in Service::ALL {
        run(&mut migration(
            &world,
            &present,
            service,
            service.database(),
        ));
        world.recover(&mut fault, Instant::now()).await;
    }
    for release in [&present, &previous, &present] {
        for replica in 0..2 {
            let stack = &mut world.system.stack;
            roll(&mut stack.auth_servers[replica], release);
            world.recover(&mut fault, Instant::now()).await;
            roll(&mut world.system.stack.notes_apis[replica], release);
            world.recover(&mut fault, Instant::now()).await;
        }
        // What one release wrote is the other's to read.
        world.check().await;
    }
    world.conclude(fault).await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "a variable for test runs, not a setting"
)]
fn previous_binaries() -> Option<PathBuf> {
    std::env::var_os(PREVIOUS).map(PathBuf::from)
}

/// Stops a replica in order, and starts it as the other release.
fn roll(replica: &mut Daemon, release: &Binaries) {
    replica.stop().unwrap();
    let path = &mut replica.program_mut().path;
    *path = release.path(Path::new(path).file_name().unwrap().to_str().unwrap());
    replica.start().unwrap();
}
