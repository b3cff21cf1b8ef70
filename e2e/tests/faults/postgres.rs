//! Postgres dies, or is away.

use std::time::Instant;

use e2e::client::{Client, altered};

use crate::load::Whose;
use crate::world::World;

/// 503 with `Retry-After`, never 401; afterwards every acknowledged write is there and every session
/// goes on.
pub(crate) async fn killed(world: &mut World) {
    let mut fault = world.fault("Postgres killed (-9)", &["503 unavailable"]);
    for _ in 0..world.size.kills {
        let killed = Instant::now();
        world.system.stack.postgres.kill();
        world.crowd.refused_since(killed, Whose::Both).await;
        world.system.stack.postgres.restart().unwrap();
        world.recover(&mut fault, Instant::now()).await;
        world.check().await;
    }
    world.conclude(fault).await;
}

/// Tokens are verified and keys served all the same; data is put off; all are back without a restart.
pub(crate) async fn away(world: &mut World) {
    let mut fault = world.fault("Postgres away", &["503 unavailable"]);
    let someone = world.system.client().register().await;
    for _ in 0..world.size.states {
        let stopped = Instant::now();
        world.system.stack.postgres.stop().unwrap();
        world.crowd.refused_since(stopped, Whose::Both).await;
        let client = world.system.client();
        let over = stopped + world.size.while_it_lasts;
        while Instant::now() < over {
            without_a_database(&client, &someone.access_token).await;
        }
        let stack = &mut world.system.stack;
        for replica in stack.auth_servers.iter_mut().chain(&mut stack.notes_apis) {
            replica.ensure_running().unwrap();
            let ready = Client::new(replica.url()).get("/health/ready").send().await;
            ready.assert_problem(503, "not_ready");
        }
        stack.postgres.restart().unwrap();
        world.recover(&mut fault, Instant::now()).await;
    }
    world.conclude(fault).await;
}

async fn without_a_database(client: &Client, token: &str) {
    let verified = client.get("/auth/verify").bearer(token).send().await;
    verified.assert_status(200);
    let refused = client.get("/notes").bearer(&altered(token)).send().await;
    refused.assert_problem(401, "invalid_token");
    let keys = client.get("/.well-known/jwks.json").send().await;
    keys.assert_status(200);
    for path in ["/notes", "/auth/me"] {
        let data = client.get(path).bearer(token).send().await;
        data.assert_problem(503, "unavailable");
        assert!(data.headers.contains_key("retry-after"));
    }
}
