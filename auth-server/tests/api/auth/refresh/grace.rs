//! The grace window: two rules that keep honest clients signed in.

use std::time::{Duration, Instant};

use auth_server::sessions::policy::SessionPolicy;
use serde_json::{Value, json};

use crate::harness::{TestServer, claims};

fn generation(server: &TestServer) -> Value {
    server.database.row("select generation from sessions")["generation"].clone()
}

#[actix_web::test]
async fn a_lost_response_is_answered_again_with_the_same_successor() {
    let server = TestServer::start().await;
    let first = server.register("ada").await;
    let lost = server.refresh(&first).await.ok();
    for pass in ["0 s", "10 s", "15 s"] {
        server.database.pass(pass);
        let again = server.refresh(&first).await.ok();
        assert_eq!(again["refresh_token"], lost["refresh_token"]);
        assert_ne!(
            claims(&again)["jti"],
            claims(&lost)["jti"],
            "a fresh access token"
        );
        assert_eq!(server.me(&again).await.status, 200);
    }
    assert_eq!(generation(&server), 1);
}

#[actix_web::test]
async fn the_current_token_is_answered_with_itself_inside_the_window() {
    let server = TestServer::start().await;
    let first = server.register("ada").await;
    let current = server.refresh(&first).await.ok();
    for pass in ["0 s", "25 s"] {
        server.database.pass(pass);
        let again = server.refresh(&current).await.ok();
        assert_eq!(again["refresh_token"], current["refresh_token"]);
        assert_ne!(claims(&again)["jti"], claims(&current)["jti"]);
    }
    assert_eq!(generation(&server), 1);
    server.database.pass("6 s");
    let next = server.refresh(&current).await.ok();
    assert_ne!(next["refresh_token"], current["refresh_token"]);
    assert_eq!(generation(&server), 2);
}

#[actix_web::test]
async fn the_tokens_of_a_login_rotate_at_once() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let refreshed = server.refresh(&tokens).await.ok();
    assert_ne!(refreshed["refresh_token"], tokens["refresh_token"]);
    assert_eq!(generation(&server), 1);
}

#[actix_web::test]
async fn a_slow_tab_survives_a_fast_one_that_refreshes_twice() {
    let server = TestServer::start().await;
    let signed_in = server.register("ada").await;
    let shared = server.refresh(&signed_in).await.ok();
    server.database.pass("31 s");

    // Both tabs hold `shared`. The fast one refreshes, and refreshes again with what it got.
    let fast = server.refresh(&shared).await.ok();
    let fast = server.refresh(&fast).await.ok();
    let slow = server.refresh(&shared).await.ok();
    assert_eq!(slow["refresh_token"], fast["refresh_token"]);

    server.database.pass("31 s");
    assert_eq!(server.refresh(&slow).await.status, 200);
    assert_eq!(server.database.events(), ["registered"]);
}

#[actix_web::test]
async fn a_repeated_answer_writes_nothing() {
    let server = TestServer::start().await;
    let first = server.register("ada").await;
    let current = server.refresh(&first).await.ok();
    let row = || server.database.row("select xmin, * from sessions");
    let before = row();
    for tokens in [&first, &current, &first] {
        server.refresh(tokens).await.ok();
    }
    assert_eq!(row(), before);
}

#[actix_web::test]
async fn without_a_window_every_refresh_rotates_and_the_predecessor_is_reuse_at_once() {
    let server = TestServer::start_with(&["--refresh-grace", "0"]).await;
    let first = server.register("ada").await;
    let second = server.refresh(&first).await.ok();
    let third = server.refresh(&second).await.ok();
    assert_ne!(second["refresh_token"], third["refresh_token"]);
    assert_eq!(generation(&server), 2);
    server
        .refresh(&second)
        .await
        .assert_problem(401, "refresh_token_reused");
    server
        .refresh(&third)
        .await
        .assert_problem(401, "session_revoked");
}

#[actix_web::test]
async fn the_window_is_the_configured_one() {
    let server = TestServer::start_with(&["--refresh-grace", "5m"]).await;
    let first = server.register("ada").await;
    let second = server.refresh(&first).await.ok();
    server.database.pass("290 s");
    assert_eq!(
        server.refresh(&first).await.ok()["refresh_token"],
        second["refresh_token"]
    );
    server.database.pass("11 s");
    server
        .refresh(&first)
        .await
        .assert_problem(401, "refresh_token_reused");
}

#[test]
fn what_a_request_waits_in_the_server_is_added_to_its_window() {
    let policy = |grace| SessionPolicy {
        grace,
        idle: Duration::from_hours(1),
        absolute: Duration::from_hours(1),
        per_person: 100,
    };
    let arrived = Instant::now().checked_sub(Duration::from_secs(3)).unwrap();
    let window = policy(Duration::from_millis(200)).window(arrived, Duration::ZERO);
    assert!(window >= Duration::from_millis(3_200), "{window:?}");
    // Strict is strict.
    assert_eq!(
        policy(Duration::ZERO).window(arrived, Duration::ZERO),
        Duration::ZERO
    );
}

#[actix_web::test]
async fn a_repeated_answer_tells_the_time_that_is_left() {
    let server = TestServer::start().await;
    let first = server.register("ada").await;
    server.refresh(&first).await.ok();
    server.database.pass("20 s");
    let left = server.refresh(&first).await.ok()["refresh_expires_in"].clone();
    let seconds = left.as_i64().unwrap();
    assert!((604_770..=604_780).contains(&seconds), "{left}");
    assert_eq!(
        server
            .database
            .row("select generation, revoked_at from sessions"),
        json!({"generation": 1, "revoked_at": null})
    );
}
