//! Sessions that ended long ago leave, and nobody notices.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Database, TestServer, eventually};

const AT_ONCE: [&str; 4] = ["--session-retention", "1h", "--clean-up-interval", "100ms"];

/// A database whose first pass is due.
fn due() -> Arc<Database> {
    let database = Arc::new(Database::new());
    database.execute("update background_tasks set due_at = now()");
    database
}

fn id(tokens: &Value) -> &str {
    tokens["session_id"].as_str().unwrap()
}

fn age(database: &Database, tokens: &Value, columns: &str) {
    database.execute(&format!(
        "update sessions set {columns} where id = '{}'",
        id(tokens)
    ));
}

#[actix_web::test]
async fn ended_sessions_leave_after_the_retention_and_no_others() {
    let database = due();
    let server = TestServer::start_on(&database, &["--clean-up-interval", "1h"]).await;
    let ada = server.register("ada").await;
    let mut held = vec![ada];
    for _ in 0..4 {
        held.push(server.log_in("ada").await);
    }
    let [live, idle, over, revoked, lately] = held.as_slice() else {
        unreachable!()
    };
    let [long_ago, just_now] = [
        "now() - interval '61 minutes'",
        "now() - interval '59 minutes'",
    ];
    age(&database, idle, &format!("idle_expires_at = {long_ago}"));
    age(
        &database,
        over,
        &format!("idle_expires_at = {long_ago}, absolute_expires_at = {long_ago}"),
    );
    age(
        &database,
        revoked,
        &format!("revoked_at = {long_ago}, revoke_reason = 'logout'"),
    );
    age(
        &database,
        lately,
        &format!("revoked_at = {just_now}, revoke_reason = 'logout'"),
    );
    server.stop().await;

    database.execute("update background_tasks set due_at = now()");
    let server = TestServer::start_on(&database, &AT_ONCE).await;
    eventually("three sessions less", async || {
        database.count("sessions") == 2
    })
    .await;
    assert_eq!(server.me(live).await.status, 200);
    server
        .refresh(lately)
        .await
        .assert_problem(401, "session_revoked");
    // Of the others nothing is known any more: that is not reuse, and ends nothing.
    for gone in [idle, over, revoked] {
        server
            .refresh(gone)
            .await
            .assert_problem(401, "invalid_refresh_token");
    }
    assert_eq!(server.refresh(live).await.status, 200);
    assert_eq!(
        database.count("security_events where kind = 'refresh_reuse'"),
        0
    );
}

/// More of them than fit into one step, from people's past.
fn add_dead_sessions(database: &Database, count: usize) {
    database.execute(&format!(
        "insert into sessions (id, handle, user_id, idle_expires_at, absolute_expires_at, ip)
         select gen_random_uuid(), substring(sha256(n::text::bytea) for 16), users.id,
                now() - interval '1 day', now() - interval '1 day', '::1'
         from users, generate_series(1, {count}) as n"
    ));
}

#[actix_web::test]
async fn thousands_leave_in_bounded_steps_while_people_refresh() {
    let database = Arc::new(Database::new());
    let servers = [
        TestServer::start_on(&database, &AT_ONCE).await,
        TestServer::start_on(&database, &AT_ONCE).await,
    ];
    let mut tokens = servers[0].register("ada").await;
    add_dead_sessions(&database, 5_000);
    database.execute(
        "create table steps (rows bigint);
         create function note() returns trigger language plpgsql security definer as
             $$ begin insert into steps select count(*) from gone; return null; end $$;
         create trigger note after delete on sessions referencing old table as gone
             for each statement execute function note()",
    );
    // Somebody has one of them locked: it is left, and holds up nothing.
    let held = database
        .hold("select from sessions where idle_expires_at < now() order by id limit 1 for update");
    database.execute("update background_tasks set due_at = now()");
    eventually("all but one", async || {
        tokens = servers[0].refresh(&tokens).await.ok();
        database.count("sessions") == 2
    })
    .await;
    held.commit();
    eventually("the last one", async || database.count("sessions") == 1).await;
    let steps = database.row("select max(rows) <= 1000 as bounded, sum(rows) as all from steps");
    assert_eq!(steps, json!({"bounded": true, "all": 5_000}));
    assert_eq!(servers[1].refresh(&tokens).await.status, 200);
}

/// Whoever does the work has the lock of the task's row; others wait for nothing, and take over.
#[actix_web::test]
async fn a_replica_that_stalls_is_not_disturbed_and_one_that_dies_is_replaced() {
    let database = due();
    let working = database.hold("select from background_tasks for update");
    let server = TestServer::start_on(&database, &AT_ONCE).await;
    let tokens = server.register("ada").await;
    add_dead_sessions(&database, 10);
    let refreshed = server.refresh(&tokens).await.ok();
    assert_eq!(database.count("sessions"), 11);
    // The connection ends, as that of a dead replica does.
    drop(working);
    eventually("the end of the dead ones", async || {
        database.count("sessions") == 1
    })
    .await;
    assert_eq!(server.refresh(&refreshed).await.status, 200);
}

#[actix_web::test]
async fn a_pass_goes_on_where_the_replica_before_left_it() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &["--clean-up-interval", "1h"]).await;
    server.register("ada").await;
    add_dead_sessions(&database, 10);
    server.stop().await;
    // Half of them were looked at before.
    let middle = database
        .row("select id from sessions where idle_expires_at < now() order by id offset 4 limit 1");
    database.execute(&format!(
        "update background_tasks set due_at = now(), resume_after = '{}'",
        middle["id"].as_str().unwrap()
    ));
    let _server = TestServer::start_on(&database, &["--session-retention", "1h"]).await;
    eventually("the end of the pass", async || {
        database.count("background_tasks where resume_after is null and due_at > now()") == 1
    })
    .await;
    assert_eq!(database.count("sessions"), 6);
}

#[actix_web::test]
async fn revocations_leave_when_no_token_can_be_about_them() {
    let database = due();
    database.execute(
        "insert into revocations select gen_random_uuid(), now() - n * interval '1 minute'
         from generate_series(1, 60) as n",
    );
    let _server = TestServer::start_on(&database, &AT_ONCE).await;
    // Tokens live for 15 minutes.
    eventually("those of the last quarter of an hour", async || {
        database.count("revocations") == 15
    })
    .await;
    assert_eq!(
        database.count("revocations where revoked_at < now() - interval '17 minutes'"),
        0
    );
}

#[actix_web::test]
async fn events_leave_after_their_retention_in_bounded_steps() {
    let database = due();
    // More than fit into one step, of the three weeks before this one.
    database.execute(
        "insert into security_events (id, at, kind)
         select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
                 || substring(md5(n::text) for 20))::uuid, at, 'login_failed'
         from generate_series(1, 5000) as n,
              lateral (select now() - n * interval '6 minutes' as at) as instant",
    );
    database.execute(
        "create table steps (rows bigint);
         create function note() returns trigger language plpgsql security definer as
             $$ begin insert into public.steps select count(*) from gone; return null; end $$;
         create trigger note after delete on security_events referencing old table as gone
             for each statement execute function note()",
    );
    let younger = "security_events where at > now() - interval '7 days'";
    let before = database.count(younger);
    let arguments = ["--event-retention", "7d", "--clean-up-interval", "100ms"];
    let server = TestServer::start_on(&database, &arguments).await;
    server.register("ada").await;
    eventually("the end of the old ones", async || {
        database.count("security_events where at < now() - interval '169 hours'") == 0
    })
    .await;
    assert!(database.count(younger) >= before - 1);
    let steps = database.row("select max(rows) <= 1000 as bounded from steps");
    assert_eq!(steps, json!({"bounded": true}));
}
