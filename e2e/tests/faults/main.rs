//! Faults: parts die, replies are lost, clocks jump, disks fill, while people work. Each person keeps a
//! ledger of what was acknowledged; after each fault it is compared with what the services answer and
//! with the database. A file for each group of faults, one fault after another, and a table at the end.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and tells what it found"
)]

mod clocks;
mod database_bounds;
mod disk;
mod fault;
mod front;
mod guessing;
mod issuer;
mod key_set;
mod load;
mod lost_replies;
mod memory;
mod namespace;
mod postgres;
mod replicas;
mod restored;
mod schema;
mod size;
mod slow_clients;
mod stopping;
mod table;
mod upgrade;
mod world;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

use crate::size::Size;
use crate::world::World;

fn main() -> ExitCode {
    let stage = Stage::new(namespace::enter());
    let arguments = Arguments {
        // One after another: each has the machine for itself, and most have the same world.
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    let conclusion = libtest_mimic::run(&arguments, stage.faults());
    drop(stage.world.lock().unwrap().take());
    if stage.size.full {
        table::keep("faults.txt");
    }
    if let Some(table) = table::render() {
        println!("{table}");
    }
    conclusion.exit_code()
}

/// Where all faults happen.
#[derive(Clone)]
struct Stage {
    size: Size,
    can_mount: bool,
    runtime: Arc<Runtime>,
    /// The world that most faults happen to, one after another. One in which a fault went wrong is not
    /// used again.
    world: Arc<Mutex<Option<World>>>,
}

impl Stage {
    fn new(can_mount: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Self {
            size: Size::wanted(),
            can_mount,
            runtime: Arc::new(runtime.unwrap()),
            world: Arc::default(),
        }
    }

    /// All of them.
    fn faults(&self) -> Vec<Trial> {
        vec![
            self.fault("postgres::killed", postgres::killed),
            self.fault("postgres::away", postgres::away),
            self.fault(
                "lost_replies::of_postgres_to_auth_server",
                lost_replies::of_postgres_to_auth_server,
            ),
            self.fault(
                "lost_replies::of_postgres_to_notes_api",
                lost_replies::of_postgres_to_notes_api,
            ),
            self.fault("lost_replies::of_the_gateway", lost_replies::of_the_gateway),
            self.fault("replicas::auth_server_killed", replicas::auth_server_killed),
            self.fault("replicas::notes_api_killed", replicas::notes_api_killed),
            self.fault("stopping::under_load", stopping::under_load),
            self.fault("replicas::auth_servers_away", replicas::auth_servers_away),
            self.fault("key_set::out_of_order", key_set::out_of_order),
            self.fault("clocks::of_replicas", clocks::of_replicas),
            self.fault("clocks::of_the_database", clocks::of_the_database),
            self.fault("slow_clients::slow_heads", slow_clients::slow_heads),
            self.fault("slow_clients::slow_bodies", slow_clients::slow_bodies),
            self.fault("slow_clients::long_bodies", slow_clients::long_bodies),
            self.fault("database_bounds::lock_held", database_bounds::lock_held),
            self.fault("schema::expanded", schema::expanded),
            self.fault(
                "schema::migrated_by_two_at_once",
                schema::migrated_by_two_at_once,
            ),
            self.fault("guessing::of_passwords", guessing::of_passwords),
            self.fault("disk::full", disk::full),
            self.elsewhere("restored::to_an_instant", restored::to_an_instant),
            self.elsewhere("upgrade::rolling", upgrade::rolling),
        ]
    }

    /// One that happens to a world of its own.
    fn elsewhere(&self, name: &str, happens: impl AsyncFnOnce(Size) + Send + 'static) -> Trial {
        let stage = self.clone();
        Trial::test(name, move || {
            // Each has the machine for itself.
            drop(stage.world.lock().unwrap().take());
            stage.runtime.block_on(happens(stage.size));
            Ok(())
        })
    }

    /// One that happens to the world that is there, and leaves it as it was.
    fn fault(&self, name: &str, happens: impl AsyncFnOnce(&mut World) + Send + 'static) -> Trial {
        let stage = self.clone();
        Trial::test(name, move || {
            let left = stage.world.lock().unwrap().take();
            stage.runtime.clone().block_on(async move {
                let mut world = match left {
                    Some(world) => world,
                    None => World::start(stage.size, stage.can_mount).await,
                };
                happens(&mut world).await;
                if stage.size.full {
                    table::keep("faults.txt");
                }
                *stage.world.lock().unwrap() = Some(world);
            });
            Ok(())
        })
    }
}
