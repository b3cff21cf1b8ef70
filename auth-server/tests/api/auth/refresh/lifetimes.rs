//! How long a session lives, and what ends it early.

use serde_json::{Value, json};

use crate::harness::TestServer;

fn seconds_left(answer: &Value) -> i64 {
    answer["refresh_expires_in"].as_i64().unwrap()
}

const DAY: i64 = 86_400;

#[actix_web::test]
async fn a_session_that_is_not_used_for_a_week_ends() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server.database.pass("6 d 23 h");
    let tokens = server.refresh(&tokens).await.ok();
    assert_eq!(seconds_left(&tokens), 7 * DAY);
    server.database.pass("7 d");
    server
        .refresh(&tokens)
        .await
        .assert_problem(401, "refresh_token_expired");
    assert_eq!(server.database.events(), ["registered"]);
    server.me(&tokens).await.assert_session_ended();
}

#[actix_web::test]
async fn no_refresh_extends_the_30_days_that_a_session_lives_at_the_most() {
    let server = TestServer::start().await;
    let mut tokens = server.register("ada").await;
    let end = || {
        server.database.row(
            "select absolute_expires_at - created_at as lifetime,
                    idle_expires_at = absolute_expires_at as capped from sessions",
        )
    };
    for _ in 0..3 {
        server.database.pass("6 d");
        tokens = server.refresh(&tokens).await.ok();
        assert_eq!(seconds_left(&tokens), 7 * DAY);
        assert_eq!(end(), json!({"lifetime": "30 days", "capped": false}));
    }
    server.database.pass("6 d");
    tokens = server.refresh(&tokens).await.ok();
    let left = seconds_left(&tokens);
    assert!((6 * DAY - 60..=6 * DAY).contains(&left), "{left}");
    assert_eq!(end(), json!({"lifetime": "30 days", "capped": true}));

    server.database.pass("5 d 23 h 59 min");
    tokens = server.refresh(&tokens).await.ok();
    assert!(seconds_left(&tokens) <= 60);
    server.database.pass("1 min");
    server
        .refresh(&tokens)
        .await
        .assert_problem(401, "refresh_token_expired");
}

#[actix_web::test]
async fn the_lifetimes_are_the_configured_ones() {
    let server =
        TestServer::start_with(&["--session-idle", "2h", "--session-absolute", "3h"]).await;
    let tokens = server.register("ada").await;
    assert_eq!(seconds_left(&tokens), 7_200);
    server.database.pass("90 min");
    let tokens = server.refresh(&tokens).await.ok();
    assert!((5_340..=5_400).contains(&seconds_left(&tokens)));
}

#[actix_web::test]
async fn the_cookie_lives_as_long_as_the_session() {
    let server =
        TestServer::start_with(&["--session-idle", "2h", "--session-absolute", "1h"]).await;
    let cookie = server.register_with_cookie("ada").await;
    let answer = server.refresh_by_cookie(&cookie).await;
    let [refresh, signed_in] = answer.cookies().try_into().unwrap();
    let max_age: i64 = refresh.attributes["max-age"].parse().unwrap();
    signed_in.assert_says_signed_in(&max_age.to_string());
    assert!((3_540..=3_600).contains(&max_age));
    assert_eq!(answer.body["refresh_expires_in"], max_age);
}

#[actix_web::test]
async fn who_is_disabled_can_neither_log_in_nor_refresh_nor_ask() {
    let server = TestServer::start().await;
    let superseded = server.register("ada").await;
    let newborn = server.refresh(&superseded).await.ok();
    let rotatable = server.log_in("ada").await;
    server
        .database
        .execute("update users set disabled_at = now()");

    for held in [&superseded, &newborn, &rotatable] {
        server
            .refresh(held)
            .await
            .assert_problem(401, "session_revoked");
        server.me(held).await.assert_session_ended();
    }
    server
        .try_log_in("ada", crate::harness::PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    assert_eq!(
        server
            .database
            .rows("select generation from sessions order by id"),
        [json!({"generation": 1}), json!({"generation": 0})]
    );
}

#[actix_web::test]
async fn a_revoked_session_stays_revoked_whatever_token_is_shown() {
    let server = TestServer::start().await;
    let mut held = vec![server.register("ada").await];
    for _ in 0..3 {
        server.database.pass("31 s");
        let next = server.refresh(held.last().unwrap()).await.ok();
        held.push(next);
    }
    server
        .database
        .execute("update sessions set revoked_at = now(), revoke_reason = 'revoked'");
    for tokens in &held {
        server
            .refresh(tokens)
            .await
            .assert_problem(401, "session_revoked");
    }
    let row = server
        .database
        .row("select generation, revoke_reason from sessions");
    assert_eq!(row, json!({"generation": 3, "revoke_reason": "revoked"}));
}

#[actix_web::test]
async fn a_revocation_that_comes_while_a_refresh_waits_for_the_row_wins() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let lock = server
        .database
        .hold("update sessions set revoked_at = now(), revoke_reason = 'logout'");
    let (answer, ()) = futures_util::future::join(server.refresh(&tokens), async {
        server.database.waiter().await;
        lock.commit();
    })
    .await;
    answer.assert_problem(401, "session_revoked");
    assert_eq!(
        server.database.row("select generation from sessions")["generation"],
        0
    );
}
