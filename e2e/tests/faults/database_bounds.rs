//! Postgres is there and does not get on: a lock is held, and every connection waits for it.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use local_run::postgres::Service;

use crate::load::Whose;
use crate::world::World;

/// A second for a connection, a second for a lock, and something for a machine that is busy.
const PROMPTLY: Duration = Duration::from_millis(3_500);

/// 503 within about a second, also for those who find no free connection.
pub(crate) async fn lock_held(world: &mut World) {
    let mut fault = world.fault("lock held, pool exhausted", &["503 unavailable"]);
    for _ in 0..world.size.states {
        let server = world.system.stack.postgres.server();
        let mut locks = [
            (
                Service::Auth,
                "lock table sessions in access exclusive mode",
            ),
            (Service::Notes, "lock table notes in access exclusive mode"),
        ]
        .map(|(service, lock)| {
            let url = server.superuser_url(service.database());
            let mut connection = PgConnection::establish(&url).unwrap();
            connection.batch_execute("begin").unwrap();
            connection.batch_execute(lock).unwrap();
            connection
        });
        let held = Instant::now();
        world.crowd.refused_since(held, Whose::Both).await;
        tokio::time::sleep(world.size.while_it_lasts).await;
        for connection in &mut locks {
            connection.batch_execute("rollback").unwrap();
        }
        world.recover(&mut fault, Instant::now()).await;
    }
    let mut after = world.crowd.tally.refused_after();
    after.sort();
    let (median, max) = (after[after.len() / 2], after[after.len() - 1]);
    fault.remarks = format!(
        "put off after {:.2} s, {:.2} s at the most",
        median.as_secs_f64(),
        max.as_secs_f64()
    );
    world.conclude(fault).await;
    assert!(max < PROMPTLY, "{max:?}");
}
