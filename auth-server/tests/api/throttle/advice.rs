//! Whoever has passwords judged has a bound of their own.

use reqwest::Method;
use serde_json::json;

use super::{PASSWORD, WRONG, assert_throttled, assert_wrong, server, try_log_in};
use crate::harness::{Answer, TestServer, registration};

async fn advise(server: &TestServer, address: &str) -> Answer {
    server
        .call(Method::POST, "/auth/password/advice")
        .header("x-forwarded-for", address)
        .json(&json!({ "password": PASSWORD }))
        .send()
        .await
}

#[actix_web::test]
async fn nobody_types_until_they_may_not_register() {
    let server = server(&[
        "--throttle-flood-burst",
        "20",
        "--throttle-flood-per-minute",
        "1",
    ])
    .await;
    for _ in 0..20 {
        assert_eq!(advise(&server, "192.0.2.1").await.status, 200);
    }
    let wait = assert_throttled(&advise(&server, "192.0.2.1").await, "20");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(advise(&server, "192.0.2.2").await.status, 200);

    let registered = server
        .call(Method::POST, "/auth/register")
        .header("x-forwarded-for", "192.0.2.1")
        .json(&registration("ada"))
        .send();
    assert_eq!(registered.await.status, 201);
    let logged_in = try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await;
    assert_eq!(logged_in.status, 200);
}

#[actix_web::test]
async fn guesses_from_the_same_network_keep_nobody_from_asking() {
    let server = server(&[
        "--throttle-flood-burst",
        "3",
        "--throttle-flood-per-minute",
        "1",
    ])
    .await;
    for _ in 0..3 {
        assert_wrong(&try_log_in(&server, "192.0.2.1", "nobody", WRONG).await);
    }
    let refused = try_log_in(&server, "192.0.2.1", "nobody", WRONG).await;
    assert_throttled(&refused, "3");
    assert_eq!(advise(&server, "192.0.2.1").await.status, 200);
}
