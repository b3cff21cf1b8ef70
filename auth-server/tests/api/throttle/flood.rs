//! The bound in front of the database.

use std::sync::Arc;

use reqwest::Method;

use super::{WRONG, assert_throttled, login, try_log_in};
use crate::harness::{Database, TestServer, registration};

#[actix_web::test]
async fn a_flood_from_one_network_reaches_no_database() {
    let database = Arc::new(Database::new());
    let (proxy, url) = database.proxied();
    let arguments = [
        "--throttle",
        "on",
        "--database-url",
        &url,
        "--throttle-flood-burst",
        "20",
        "--throttle-flood-per-minute",
        "1",
    ];
    let server = TestServer::start_on(&database, &arguments).await;
    let registered = server.post("/auth/register", &registration("ada")).await;
    let device = registered.header("set-cookie").split(';').next().unwrap();
    for _ in 0..20 {
        try_log_in(&server, "192.0.2.1", "ada", WRONG).await;
    }
    proxy.take_executed();
    for _ in 0..100 {
        let refused = try_log_in(&server, "192.0.2.1", "ada", WRONG).await;
        let wait = assert_throttled(&refused, "20");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    let registration = server
        .call(Method::POST, "/auth/register")
        .header("x-forwarded-for", "192.0.2.1")
        .json(&registration("grace"))
        .send();
    assert_throttled(&registration.await, "20");
    // The server's own background work looks at the database as ever.
    let of_guesses =
        |statement: &String| statement.contains("users") || statement.contains("throttle");
    let executed = proxy.take_executed();
    assert!(!executed.iter().any(of_guesses), "{executed:?}");

    let known = login(&server, "192.0.2.1", "ada", WRONG).header("cookie", device);
    assert_eq!(
        known.send().await.status,
        401,
        "a known device is counted apart"
    );
    for _ in 0..5 {
        let others = login(&server, "192.0.2.1", "grace", WRONG).header("cookie", device);
        assert_throttled(&others.send().await, "20");
    }
    let elsewhere = try_log_in(&server, "192.0.2.2", "nobody", WRONG).await;
    assert_eq!(elsewhere.status, 401);
}
