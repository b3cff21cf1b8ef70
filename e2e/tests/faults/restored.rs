//! The database is restored to what it was some time ago.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use e2e::client::Client;
use e2e::programs::run;
use local_run::postgres::Service;
use uuid::Uuid;

use crate::load::{Books, Session, Voice, Whose};
use crate::world::World;

/// People who do nothing between the snapshot and its return, and others who refresh once.
const QUIET: usize = 4;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// What was acknowledged after the snapshot is lost by definition, and counted apart; what was before is
/// there. A refresh token from the row's future is refused, and said aloud; its session is not revoked.
/// Whoever did nothing meanwhile notices nothing. The people's ledgers are worth nothing afterwards.
pub(crate) async fn to_a_snapshot(world: &mut World) {
    let mut fault = world.fault("database restored to a snapshot", &["503 unavailable"]);
    let client = world.system.client();
    let (mut quiet, mut rotating) = (Vec::new(), Vec::new());
    for _ in 0..QUIET {
        quiet.push(client.register().await);
        rotating.push(client.register().await);
    }

    let before = world.crowd.check().await;
    let snapshot = world.system.settings.directory.join("snapshot");
    let postgres = &mut world.system.stack.postgres;
    postgres.stop().unwrap();
    let data = postgres.data_directory().to_owned();
    copy(&data, &snapshot);
    postgres.restart().unwrap();

    let acknowledged_before = world.crowd.tally.acknowledgements();
    world.crowd.go_on();
    world.crowd.served_since(Instant::now(), Whose::Both).await;
    tokio::time::sleep(world.size.while_it_lasts).await;
    let mut successors = Vec::new();
    for someone in &rotating {
        let refreshed = client.refresh(&someone.refresh_token).await;
        successors.push(refreshed.text("refresh_token").to_owned());
    }
    let after = world.crowd.check().await;
    let lost_by_definition = world.crowd.tally.acknowledgements() - acknowledged_before;

    let postgres = &mut world.system.stack.postgres;
    postgres.stop().unwrap();
    fs::remove_dir_all(&data).unwrap();
    copy(&snapshot, &data);
    postgres.restart().unwrap();

    // Each pool finds out that its connections are gone.
    let voice = Voice::of_someone_else(client.clone());
    for _ in 0..QUIET {
        for path in ["/auth/me", "/notes"] {
            let call = || client.get(path).bearer(&quiet[0].access_token);
            voice.repeat(call).await.answer.assert_status(200);
        }
    }

    // All that was acknowledged before is there, and as it was.
    before.compare(world.system.stack.postgres.server(), &world.crowd.tally);
    let mut ahead = refuse_those_ahead(&client, &before, &after).await;
    for (someone, successor) in rotating.iter().zip(&successors) {
        let refused = client.refresh(successor).await;
        refused.assert_problem(401, "invalid_refresh_token");
        ahead.push(someone.session);
    }
    let count = i64::try_from(ahead.len()).unwrap();
    let events = "from security_events where kind = 'refresh_ahead' and session_id = any ($1)";
    assert_eq!(how_many(world, events, &ahead), count);
    let living = "from sessions where revoked_at is null and id = any ($1)";
    assert_eq!(how_many(world, living, &ahead), count);
    let logged: usize = world
        .system
        .stack
        .auth_servers
        .iter()
        .map(|replica| {
            let log = fs::read_to_string(replica.log()).unwrap();
            let lines = log.lines().filter(|line| line.contains("ERROR"));
            lines
                .filter(|line| line.contains("ahead of the database"))
                .count()
        })
        .sum();
    assert_eq!(logged, ahead.len());

    for someone in &quiet {
        client
            .refresh(&someone.refresh_token)
            .await
            .assert_status(200);
        let notes = client.get("/notes").bearer(&someone.access_token).send();
        notes.await.assert_status(200);
        client.log_in(&someone.username).await.assert_status(200);
    }
    fault.times = 1;
    fault.remarks = format!(
        "{lost_by_definition} acknowledged after the snapshot, {} refresh tokens ahead of it: 401",
        ahead.len()
    );
    world.report(fault);
}

/// Presents everyone's tokens of after the snapshot. The sessions whose rows are behind them.
async fn refuse_those_ahead(client: &Client, before: &Books, after: &Books) -> Vec<Uuid> {
    let known: HashMap<Uuid, &Session> = before
        .living
        .iter()
        .map(|session| (session.id, session))
        .collect();
    let mut ahead = Vec::new();
    for session in &after.living {
        let answer = client.refresh(&session.refresh_token).await;
        match known.get(&session.id) {
            Some(then) if then.successors == session.successors => answer.assert_status(200),
            then => {
                answer.assert_problem(401, "invalid_refresh_token");
                ahead.extend(then.map(|then| then.id));
            }
        }
    }
    ahead
}

fn how_many(world: &World, rows: &str, sessions: &[Uuid]) -> i64 {
    let server = world.system.stack.postgres.server();
    let url = server.superuser_url(Service::Auth.database());
    let row: Number = sql_query(format!("select count(*) as number {rows}"))
        .bind::<Array<SqlUuid>, _>(sessions)
        .get_result(&mut PgConnection::establish(&url).unwrap())
        .unwrap();
    row.number
}

/// With owners and modes: Postgres looks at them.
fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-a").arg(from).arg(to));
}
