//! What was asked for is done, and the reply is lost. Who asks again gets the same.

use std::time::{Duration, Instant};

use local_run::postgres::Proxy;
use local_run::wait;

use crate::fault::Fault;
use crate::world::World;

/// How long the next statement or request of any kind may take to come.
const SOON: Duration = Duration::from_secs(60);

/// The rotation is committed, and the auth server does not learn of it; so are a login, a registration
/// and a logout.
pub(crate) async fn of_postgres_to_auth_server(world: &mut World) {
    let mut fault = world.fault(
        "commit done, reply to auth-server lost",
        &["503 unavailable"],
    );
    for _ in 0..world.size.losses {
        lose(&world.auth_wire, |sql| {
            sql.starts_with("update sessions set")
        });
        lose(&world.auth_wire, |sql| sql.eq_ignore_ascii_case("commit"));
        after_two(world, &mut fault).await;
    }
    world.conclude(fault).await;
}

/// The note is written, changed or deleted, and notes-api does not learn of it.
pub(crate) async fn of_postgres_to_notes_api(world: &mut World) {
    let mut fault = world.fault("commit done, reply to notes-api lost", &["503 unavailable"]);
    for _ in 0..world.size.losses {
        lose(&world.notes_wire, |sql| {
            sql.to_lowercase().starts_with("insert into")
        });
        lose(&world.notes_wire, |sql| sql.starts_with("update notes"));
        after_two(world, &mut fault).await;
        lose(&world.notes_wire, |sql| sql.starts_with("delete from"));
        world.recover(&mut fault, Instant::now()).await;
    }
    world.conclude(fault).await;
}

/// The answer is on its way, and the client never gets it.
pub(crate) async fn of_the_gateway(world: &mut World) {
    let mut fault = world.fault("HTTP answer lost", &["connection lost"]);
    let requests = [
        "POST /auth/refresh",
        "POST /auth/login",
        "POST /auth/register",
        "POST /auth/logout",
        "POST /notes",
        "PUT /notes",
        "DELETE /notes",
    ];
    for _ in 0..world.size.losses {
        for request in requests {
            world.front.lose_answer_to(request);
            let lost = || Ok((!world.front.is_to_lose()).then_some(()));
            wait::until(request, SOON, lost).unwrap();
            fault.times += 1;
        }
        // One end for all of them.
        fault.times -= 1;
        world.recover(&mut fault, Instant::now()).await;
    }
    world.conclude(fault).await;
}

fn lose(wire: &Proxy, statement: fn(&str) -> bool) {
    wire.lose_reply_to(statement);
    let lost = || Ok((!wire.is_to_lose()).then_some(()));
    wait::until("losing a reply", SOON, lost).unwrap();
}

async fn after_two(world: &World, fault: &mut Fault) {
    fault.times += 1;
    world.recover(fault, Instant::now()).await;
}
