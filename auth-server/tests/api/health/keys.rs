//! Keys are made once, and never replaced in silence.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::assert_missing;
use crate::harness::{Database, MASTER_KEY, OTHER_MASTER_KEY, TestServer, eventually, header};

#[actix_web::test]
async fn replicas_that_start_at_once_make_the_first_keys_once() {
    for _ in 0..3 {
        let database = Arc::new(Database::without_keys());
        let servers: Vec<TestServer> = (0..4)
            .map(|_| TestServer::start_unready(&database, &["--database-pool", "2"]))
            .collect();
        join_all(servers.iter().map(TestServer::ready)).await;

        // One that signs, and the one that will follow it.
        assert_eq!(database.count("signing_keys"), 2);
        assert_eq!(database.count("peppers"), 1);
        let tokens = servers[0].register("ada").await;
        for server in &servers {
            assert_eq!(server.me(&tokens).await.status, 200);
            assert_eq!(header(&server.log_in("ada").await), header(&tokens));
        }
    }
}

#[actix_web::test]
async fn a_wrong_master_key_is_not_ready_and_makes_nothing() {
    let database = Arc::new(Database::new());
    let stored = || {
        (
            database.rows("select * from signing_keys"),
            database.rows("select * from peppers"),
        )
    };
    let before = stored();

    let server = TestServer::start_unready(&database, &["--master-keys", OTHER_MASTER_KEY]);
    eventually("a look at the keys", async || {
        let body = server.get("/health/ready").await.body.to_string();
        body.contains("AUTH_MASTER_KEYS")
    })
    .await;
    let answer = server.get("/health/ready").await;
    assert_missing(
        &answer,
        "signing_keys",
        "sealed under a master key that is not among AUTH_MASTER_KEYS",
    );
    assert!(!answer.body.to_string().contains(OTHER_MASTER_KEY));
    server
        .try_log_in("ada", "whatever")
        .await
        .assert_unavailable();
    assert_eq!(stored(), before);

    // The right one among others is right.
    let both = format!("{OTHER_MASTER_KEY},{MASTER_KEY}");
    TestServer::start_on(&database, &["--master-keys", &both]).await;
    assert_eq!(stored(), before);
}

#[actix_web::test]
async fn a_lost_key_or_pepper_is_reported_and_not_replaced() {
    for (damage, reason) in [
        ("delete from signing_keys", "no active signing key"),
        (
            "update signing_keys set retired_at = now() where activated_at is not null",
            "no active signing key",
        ),
        ("delete from peppers", "no pepper"),
        (
            r"update signing_keys set sealed_private_key = sealed_private_key || '\x00'",
            "the seal is broken",
        ),
        (
            r"update peppers set sealed_secret = '\x00'",
            "the seal is broken",
        ),
    ] {
        let database = Arc::new(Database::new());
        database.execute(damage);
        let counts = || json!([database.count("signing_keys"), database.count("peppers")]);
        let before = counts();

        let server = TestServer::start_unready(&database, &[]);
        eventually(reason, async || {
            let body = server.get("/health/ready").await.body.to_string();
            body.contains(reason)
        })
        .await;
        assert_missing(&server.get("/health/ready").await, "signing_keys", reason);
        assert_eq!(counts(), before, "{damage}");
    }
}

#[actix_web::test]
async fn keys_put_in_each_others_place_do_not_open() {
    let database = Arc::new(Database::new());
    let other = Arc::new(Database::without_keys());
    TestServer::start_on(&other, &[]).await.stop().await;
    let sealed = other.row(
        "select sealed_private_key::text as sealed from signing_keys where activated_at is not null",
    );
    database.execute(&format!(
        "update signing_keys set sealed_private_key = '{}'",
        sealed["sealed"].as_str().unwrap()
    ));
    let server = TestServer::start_unready(&database, &[]);
    eventually("a broken seal", async || {
        let body = server.get("/health/ready").await.body.to_string();
        body.contains("the seal is broken")
    })
    .await;
}

#[actix_web::test]
async fn a_running_server_notices_that_its_key_was_lost_and_makes_no_other() {
    let server = TestServer::start().await;
    server.database.execute("delete from signing_keys");
    eventually("not ready", async || {
        server.get("/health/ready").await.status == 503
    })
    .await;
    assert_missing(
        &server.get("/health/ready").await,
        "signing_keys",
        "no active signing key",
    );
    assert_eq!(server.database.count("signing_keys"), 0);
}
