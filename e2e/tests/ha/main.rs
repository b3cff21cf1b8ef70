//! Failover: Postgres runs under Patroni on two machines, one of which dies, or is asked to hand over, while
//! people work; their ledgers are those of the fault suite. The machines are processes on this one, run from the
//! configuration in `docker/ha`. One fault after another, and a table at the end.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and tells what it found"
)]

mod cluster;
mod etcd;
#[path = "../faults/fault.rs"]
mod fault;
mod handover;
#[path = "../faults/load/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the fault suite asks more of it")]
mod load;
mod machine;
mod pooler;
mod settings;
mod standby;
#[path = "../faults/table.rs"]
#[expect(dead_code, reason = "the fault suite asks more of it")]
mod table;
mod world;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

use crate::world::Way::{self, ByPooler, Straight};
use crate::world::World;

/// Where the table is kept, in `target/`.
const TABLE: &str = "ha.txt";

fn main() -> ExitCode {
    let stage = Stage::new();
    let arguments = Arguments {
        // One after another, to the same world.
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    let conclusion = libtest_mimic::run(&arguments, stage.faults());
    drop(stage.world.lock().unwrap().take());
    if let Some(table) = table::render() {
        println!("{table}");
    }
    conclusion.exit_code()
}

/// Where all faults happen.
#[derive(Clone)]
struct Stage {
    runtime: Arc<Runtime>,
    /// One in which a fault went wrong is not used again.
    world: Arc<Mutex<Option<World>>>,
}

impl Stage {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Self {
            runtime: Arc::new(runtime.unwrap()),
            world: Arc::default(),
        }
    }

    /// All of them; none in `make test`, which does without the programs that this takes.
    fn faults(&self) -> Vec<Trial> {
        if !e2e::in_full() {
            return Vec::new();
        }
        vec![
            self.fault("primary_killed", Straight, handover::primary_killed),
            self.fault("postgres_killed", Straight, handover::postgres_killed),
            self.fault("switched_over", Straight, handover::switched_over),
            self.fault("standby_killed", Straight, standby::killed),
            self.fault("standby_required", Straight, standby::required),
            self.fault("etcd_away", Straight, etcd::away),
            self.fault("pooled_bounds", ByPooler, pooler::bounds),
            self.fault("pooled_prepared", ByPooler, pooler::prepared),
            self.fault("pooled_primary_killed", ByPooler, handover::primary_killed),
            self.fault(
                "pooled_postgres_killed",
                ByPooler,
                handover::postgres_killed,
            ),
            self.fault("pooled_switched_over", ByPooler, handover::switched_over),
        ]
    }

    /// One that happens to the world that is there, and leaves it as it was.
    fn fault(
        &self,
        name: &str,
        way: Way,
        happens: impl AsyncFnOnce(&mut World) + Send + 'static,
    ) -> Trial {
        let stage = self.clone();
        Trial::test(name, move || {
            let left = stage.world.lock().unwrap().take();
            stage.runtime.clone().block_on(async move {
                let mut world = match left {
                    Some(world) => world,
                    None => World::start().await,
                };
                world.come(way).await;
                happens(&mut world).await;
                table::keep(TABLE);
                *stage.world.lock().unwrap() = Some(world);
            });
            Ok(())
        })
    }
}
