//! Starting while something is missing.

use std::sync::Arc;

use serde_json::json;

use super::assert_missing;
use crate::harness::{Database, TestServer, eventually, registration};

#[actix_web::test]
async fn a_server_that_has_all_it_needs_is_live_and_ready() {
    let server = TestServer::start().await;
    assert_eq!(
        server.get("/health/live").await.ok(),
        json!({"status": "live"})
    );
    let ready = server.get("/health/ready").await;
    assert_eq!(ready.header("cache-control"), "no-store");
    assert_eq!(ready.ok(), json!({"status": "ready"}));
}

#[actix_web::test]
async fn without_migrations_it_says_so_and_becomes_ready_once_they_have_run() {
    let database = Arc::new(Database::not_migrated());
    let server = TestServer::start_unready(&database, &[]);
    eventually("a look at the schema", async || {
        let body = server.get("/health/ready").await.body.to_string();
        body.contains("auth-server migrate")
    })
    .await;
    assert_missing(
        &server.get("/health/ready").await,
        "signing_keys",
        "the database is not migrated: run `auth-server migrate`",
    );
    assert_eq!(server.get("/health/live").await.status, 200);
    server
        .post("/auth/register", &registration("ada"))
        .await
        .assert_unavailable();

    database.migrate();
    server.ready().await;
    server.register("ada").await;
}

#[actix_web::test]
async fn the_schema_of_a_newer_version_will_do() {
    let database = Arc::new(Database::new());
    database.execute(
        "insert into __diesel_schema_migrations (version) values ('29990101000000');
         alter table users add column phone text;
         alter table sessions add column country text not null default 'none';
         create table devices (id uuid primary key)",
    );
    let server = TestServer::start_on(&database, &[]).await;
    let tokens = server.register("ada").await;
    assert_eq!(server.refresh(&tokens).await.status, 200);
    server.log_in("ada").await;
}

#[actix_web::test]
async fn a_half_migrated_schema_is_not_enough() {
    let database = Arc::new(Database::new());
    database.execute(
        "delete from __diesel_schema_migrations
         where version = (select max(version) from __diesel_schema_migrations)",
    );
    let server = TestServer::start_unready(&database, &[]);
    eventually("a look at the schema", async || {
        let body = server.get("/health/ready").await.body.to_string();
        body.contains("auth-server migrate")
    })
    .await;
}

#[actix_web::test]
async fn without_a_database_it_lives_and_waits() {
    let database = Arc::new(Database::new());
    database.cut_off();
    let server = TestServer::start_unready(&database, &[]);
    assert_eq!(server.get("/health/live").await.status, 200);
    let answer = server.get("/health/ready").await;
    assert_missing(&answer, "database", "");
    assert_missing(&answer, "signing_keys", "");
    for path in ["/.well-known/jwks.json", "/.well-known/public-key.pem"] {
        server.get(path).await.assert_unavailable();
    }
    server
        .try_log_in("ada", "whatever")
        .await
        .assert_unavailable();
    let me = server.me(&json!({"access_token": "a.b.c"})).await;
    me.assert_unavailable();

    database.restore();
    server.ready().await;
    server.register("ada").await;
}

#[actix_web::test]
async fn statements_are_prepared_only_where_they_stay() {
    let database = Arc::new(Database::new());
    // What a pooler leaves of the option that it drops.
    let url = format!(
        "{}?options=-c%20latchkey.prepares%3Doff",
        database.service_url()
    );
    let server = TestServer::start_unready(&database, &["--database-url", &url]);
    let answer = server.get("/health/ready").await;
    assert_missing(&answer, "database", "a pooler is between");
    drop(server);
    let without = ["--database-url", &url, "--database-prepare", "off"];
    let server = TestServer::start_on(&database, &without).await;
    server.register("ada").await;
}

#[actix_web::test]
async fn an_outage_turns_readiness_off_and_its_end_turns_it_on() {
    let server = TestServer::start().await;
    server.database.cut_off();
    let answer = server.get("/health/ready").await;
    assert_missing(&answer, "database", "");
    assert_eq!(server.get("/health/live").await.status, 200);
    server.database.restore();
    server.ready().await;
}

#[actix_web::test]
async fn a_wrong_database_password_is_not_shown() {
    let database = Arc::new(Database::new());
    let url = database.service_url();
    let (before, after) = url.split_once('@').unwrap();
    let (user, password) = before.rsplit_once(':').unwrap();
    let wrong = format!("{user}:canary{password}@{after}");
    let server = TestServer::start_unready(&database, &["--database-url", &wrong]);
    let answer = server.get("/health/ready").await;
    assert_missing(&answer, "database", "");
    let told = answer.body.to_string();
    assert!(
        !told.contains("canary") && !told.contains(password),
        "{told}"
    );
}
