//! The database is restored to what it was some time ago, by the scripts that operators have for it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::sql_types::{self, Array, BigInt, Uuid as SqlUuid};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use e2e::client::Client;
use e2e::programs::{repository, run};
use local_run::postgres::Service;
use local_run::stack::StackSettings;
use local_run::wait;
use reqwest::Url;
use uuid::Uuid;

use crate::load::{Books, Session, Voice, Whose};
use crate::size::Size;
use crate::world::World;

const SOON: Duration = Duration::from_secs(60);
/// People who do nothing between the instant and the return to it, and others who refresh once.
const QUIET: usize = 4;

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = sql_types::Text)]
    text: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// What was acknowledged after the instant is lost by definition, and counted apart; what was before is
/// there. A refresh token from the row's future is refused, and said aloud; its session is not revoked.
/// Whoever did nothing meanwhile notices nothing.
pub(crate) async fn to_an_instant(size: Size) {
    let mut world = World::start_with(size, false, archive_the_log).await;
    let world = &mut world;
    let mut fault = world.fault("database restored to an instant", &["503 unavailable"]);
    let client = world.system.client();
    let (mut quiet, mut rotating) = (Vec::new(), Vec::new());
    for _ in 0..QUIET {
        quiet.push(client.register().await);
        rotating.push(client.register().await);
    }

    let backup = world.system.settings.directory.join("backup");
    take_backup(world, &backup);
    world.crowd.served_since(Instant::now(), Whose::Both).await;
    let before = world.crowd.check().await;
    let instant = text(world, "select clock_timestamp()::text as text");
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
    restore(world, &backup, &instant);

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
        "{lost_by_definition} acknowledged after it, {} refresh tokens ahead of it: 401",
        ahead.len()
    );
    world.report(fault);
}

/// Presents everyone's tokens of after the instant. The sessions whose rows are behind them.
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

/// Below the directory of Postgres, and so written by its account.
fn archive(settings: &StackSettings) -> PathBuf {
    settings.directory.join("postgres/archive")
}

fn archive_the_log(settings: &mut StackSettings) {
    let archive = archive(settings).display().to_string();
    let command = format!(
        "mkdir -p {archive} && cp %p {archive}/%f.partial && mv {archive}/%f.partial {archive}/%f"
    );
    for (name, value) in [("archive_mode", "on"), ("archive_command", &command)] {
        let parameter = (name.to_owned(), value.to_owned());
        settings.postgres_parameters.push(parameter);
    }
}

fn script(name: &str) -> Command {
    Command::new(repository().join("docker/postgres").join(name))
}

fn take_backup(world: &World, backup: &Path) {
    let url = world.system.stack.postgres.server().superuser_url("");
    let url = Url::parse(&url).unwrap();
    run(script("backup")
        .arg(backup)
        .env("PGHOST", url.host_str().unwrap())
        .env("PGPORT", url.port().unwrap().to_string())
        .env("PGUSER", url.username())
        .env("PGPASSWORD", url.password().unwrap()));
}

/// In place of what is there.
fn restore(world: &mut World, backup: &Path, instant: &str) {
    let last = text(
        world,
        "select pg_walfile_name(pg_current_wal_lsn()) as text",
    );
    text(world, "select pg_switch_wal()::text as text");
    let archive = archive(&world.system.settings);
    wait::until("the end of the log in the archive", SOON, || {
        Ok(archive.join(&last).exists().then_some(()))
    })
    .unwrap();
    let postgres = &mut world.system.stack.postgres;
    postgres.stop().unwrap();
    let data = postgres.data_directory().to_owned();
    let former = data.with_extension("former");
    fs::rename(&data, &former).unwrap();
    let mut restore = script("restore");
    run(restore.arg(backup).arg(&data).arg(archive).arg(instant));
    let owner = format!("--reference={}", former.display());
    run(Command::new("chown").arg("-R").arg(owner).arg(&data));
    postgres.restart().unwrap();
}

fn text(world: &World, query: &str) -> String {
    let server = world.system.stack.postgres.server();
    let row: Text = sql_query(query)
        .get_result(&mut server.connect().unwrap())
        .unwrap();
    row.text
}
