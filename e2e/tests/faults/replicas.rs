//! Replicas die, are stopped, or are all away.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use e2e::client::Client;
use local_run::daemon::Daemon;
use local_run::stack::Stack;
use local_run::wait;

use tokio::task::JoinHandle;

use crate::load::Whose;
use crate::world::World;

const BETWEEN_READS: Duration = Duration::from_millis(20);

/// The other one serves. What the dead one was about is told to have failed, and not repeated by the
/// gateway where that could do it twice.
pub(crate) async fn auth_server_killed(world: &mut World) {
    killed(world, "auth-server replica killed (-9)", |stack| {
        &mut stack.auth_servers
    })
    .await;
}

/// The same of notes-api.
pub(crate) async fn notes_api_killed(world: &mut World) {
    killed(world, "notes-api replica killed (-9)", |stack| {
        &mut stack.notes_apis
    })
    .await;
}

async fn killed(world: &mut World, name: &str, which: fn(&mut Stack) -> &mut Vec<Daemon>) {
    let mut fault = world.fault(name, &["502 unavailable"]);
    let reader = Reader::start(world.system.client()).await;
    for turn in 0..world.size.kills {
        which(&mut world.system.stack)[turn % 2].kill();
        world.recover(&mut fault, Instant::now()).await;
        which(&mut world.system.stack)[turn % 2].start().unwrap();
    }
    reader.finish().await;
    world.conclude(fault).await;
}

/// Someone who only reads, and never notices anything: the gateway asks the other replica.
struct Reader {
    stop: Arc<AtomicBool>,
    reading: JoinHandle<()>,
}

impl Reader {
    async fn start(client: Client) -> Self {
        let someone = client.register().await;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let reading = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                for path in ["/notes", "/auth/me", "/auth/sessions"] {
                    let read = client.get(path).bearer(&someone.access_token);
                    read.send().await.assert_status(200);
                }
                tokio::time::sleep(BETWEEN_READS).await;
            }
        });
        Self { stop, reading }
    }

    async fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.reading.await.unwrap();
    }
}

/// notes-api goes on with the keys it knows. One that starts meanwhile is not ready, and becomes so by
/// itself.
pub(crate) async fn auth_servers_away(world: &mut World) {
    let refusals = &["502 unavailable", "503 unavailable"];
    let mut fault = world.fault("auth servers away", refusals);
    for _ in 0..world.size.states {
        for auth_server in &mut world.system.stack.auth_servers {
            auth_server.kill();
        }
        let away = Instant::now();
        let everyone = Whose::AuthServer;
        world.crowd.refused_since(away, everyone).await;
        // Warm.
        tokio::time::sleep(world.size.while_it_lasts).await;
        world
            .crowd
            .served_since(Instant::now(), Whose::NotesApi)
            .await;

        // Cold.
        world.system.stack.notes_apis[0].stop().unwrap();
        world.system.stack.notes_apis[0].launch().unwrap();
        is_not_ready(&mut world.system.stack.notes_apis[0]).await;
        // The other one is warm still.
        let warm = Client::new(world.system.stack.notes_apis[1].url());
        warm.get("/health/ready").send().await.assert_status(200);

        for auth_server in &mut world.system.stack.auth_servers {
            auth_server.start().unwrap();
        }
        let back = Instant::now();
        world.system.stack.notes_apis[0].wait_until_ready().unwrap();
        world.recover(&mut fault, back).await;
    }
    world.conclude(fault).await;
}

async fn is_not_ready(notes_api: &mut Daemon) {
    let port = notes_api.port();
    wait::until("listening", Duration::from_secs(30), || {
        notes_api.ensure_running()?;
        Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok())
    })
    .unwrap();
    let client = Client::new(notes_api.url());
    let cold = client.get("/health/ready").send().await;
    cold.assert_problem(503, "not_ready");
}
