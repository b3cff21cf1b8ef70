//! Who guesses or registers too often is told to wait, and nobody else is (R33 to R35).

mod account;
mod address;
mod advice;
mod device;
mod flood;
mod registration;
mod session;

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Call, Database, PASSWORD, TestServer, eventually};

const WRONG: &str = "a wrong password";

/// A server that throttles by default settings, but for these. Waits are of a minute, so that they are not
/// over before they were looked at.
async fn server(arguments: &[&str]) -> TestServer {
    replica(&Arc::new(Database::new()), arguments).await
}

async fn replica(database: &Arc<Database>, arguments: &[&str]) -> TestServer {
    let mut all = vec![
        "--throttle",
        "on",
        "--throttle-address-per-minute",
        "1",
        "--throttle-registration-per-minute",
        "1",
        "--throttle-account-first-delay",
        "1m",
    ];
    all.extend(arguments);
    TestServer::start_on(database, &all).await
}

/// A login through the gateway.
fn login(server: &TestServer, address: &str, name: &str, password: &str) -> Call {
    server
        .call(Method::POST, "/auth/login")
        .header("x-forwarded-for", address)
        .json(&json!({"identifier": name, "password": password, "delivery": "body"}))
}

async fn try_log_in(server: &TestServer, address: &str, name: &str, password: &str) -> Answer {
    login(server, address, name, password).send().await
}

/// An address for each number.
fn address(number: usize) -> String {
    format!("198.51.{}.{}", number / 250, number % 250 + 1)
}

/// Asserts 429 and that all headers tell the same wait, and returns it in seconds.
#[track_caller]
fn assert_throttled(answer: &Answer, quota: &str) -> u64 {
    answer.assert_problem(429, "rate_limited");
    assert!(answer.cookies().is_empty());
    assert_eq!(answer.header("ratelimit-limit"), quota);
    assert_eq!(answer.header("ratelimit-remaining"), "0");
    let wait = answer.header("retry-after");
    assert_eq!(answer.header("ratelimit-reset"), wait);
    assert!(answer.text("detail").contains(&format!(" {wait} second")));
    wait.parse().unwrap()
}

#[track_caller]
fn assert_wrong(answer: &Answer) {
    answer.assert_problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn switched_off_it_counts_nothing() {
    let server = TestServer::start().await;
    server.register("ada").await;
    for _ in 0..30 {
        assert_wrong(&try_log_in(&server, "192.0.2.1", "ada", WRONG).await);
    }
    assert_eq!(
        try_log_in(&server, "192.0.2.1", "ada", PASSWORD)
            .await
            .status,
        200
    );
    for table in ["throttle_buckets", "throttle_failures"] {
        assert_eq!(server.database.count(table), 0);
    }
}

#[actix_web::test]
async fn the_tables_tell_nobodys_name_or_address() {
    let server = server(&[]).await;
    let before = server.database.count("throttle_failures");
    try_log_in(&server, "192.0.2.1", "my secret by mistake", WRONG).await;
    assert_eq!(server.database.count("throttle_failures"), before + 1);
    for table in ["throttle_buckets", "throttle_failures"] {
        for row in server
            .database
            .rows(&format!("select subject::text as subject from {table}"))
        {
            // `\x` and 16 bytes.
            assert_eq!(row["subject"].as_str().unwrap().len(), 2 + 32);
        }
    }
}

#[actix_web::test]
async fn counts_that_hold_nobody_up_are_cleaned_up() {
    let database = Arc::new(Database::new());
    let server = replica(&database, &["--clean-up-interval", "100ms"]).await;
    for name in ["old", "new"] {
        assert_wrong(&try_log_in(&server, "192.0.2.1", name, WRONG).await);
        if name == "old" {
            database.pass("25 h");
        }
    }
    database.execute("update background_tasks set due_at = now()");
    eventually("the old one gone", async || {
        database.count("throttle_failures") == 1
    })
    .await;
    database.execute(
        "update throttle_buckets set full_at = now();
         update background_tasks set due_at = now()",
    );
    eventually("the full bucket gone", async || {
        database.count("throttle_buckets") == 0
    })
    .await;
    assert_eq!(database.count("throttle_failures"), 1);
}
