//! `POST /auth/refresh`

mod cookie;
mod faults;
mod forged;
mod grace;
mod lifetimes;
mod master_keys;
mod parallel;
mod reuse;
mod statements;

use auth_server::http::BODY_LIMIT;
use reqwest::Method;
use serde_json::json;

use crate::harness::{SetCookie, TestServer, claims};

#[actix_web::test]
async fn a_refresh_gives_a_successor_and_a_fresh_access_token() {
    let server = TestServer::start().await;
    let signed_in = server.register("ada").await;

    let answer = server.refresh(&signed_in).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.cookies().is_empty());
    assert_eq!(
        answer.body,
        json!({
            "access_token": answer.text("access_token"),
            "token_type": "Bearer",
            "expires_in": 900,
            "scope": "notes:read notes:write",
            "session_id": signed_in["session_id"],
            "refresh_expires_in": 604_800,
            "refresh_token": answer.text("refresh_token"),
        })
    );
    assert_ne!(answer.body["refresh_token"], signed_in["refresh_token"]);
    assert_ne!(claims(&answer.body)["jti"], claims(&signed_in)["jti"]);
    assert_eq!(claims(&answer.body)["sid"], signed_in["session_id"]);
}

#[actix_web::test]
async fn a_session_is_one_row_however_often_it_is_refreshed() {
    let server = TestServer::start().await;
    let mut tokens = server.register("ada").await;
    for generation in 1..=10 {
        let before = tokens["refresh_token"].clone();
        tokens = server.refresh(&tokens).await.ok();
        assert_ne!(tokens["refresh_token"], before);
        let row = server
            .database
            .row("select generation, revoked_at from sessions");
        assert_eq!(row, json!({"generation": generation, "revoked_at": null}));
        server.database.pass("31 s");
    }
    assert_eq!(server.database.events(), ["registered"]);
}

#[actix_web::test]
async fn a_refresh_answers_the_way_the_token_arrived() {
    let server = TestServer::start().await;
    let cookie = server.register_with_cookie("ada").await;
    let answer = server.refresh_by_cookie(&cookie).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.get("refresh_token").is_none());
    let [successor, signed_in] = answer.cookies().try_into().unwrap();
    assert_eq!(successor.name, SetCookie::REFRESH);
    successor.assert_locked_down("604800");
    signed_in.assert_says_signed_in("604800");
    assert!(!answer.body.to_string().contains(&successor.value));

    server.database.pass("31 s");
    let answer = server.refresh_by(&successor.value).await;
    assert!(answer.cookies().is_empty());
    assert!(answer.text("refresh_token").starts_with("lkrt_"));
}

#[actix_web::test]
async fn two_refresh_tokens_are_one_too_many() {
    let server = TestServer::start().await;
    let cookie = server.register_with_cookie("ada").await;
    let answer = server
        .call(Method::POST, "/auth/refresh")
        .refresh_cookie(&cookie)
        .json(&json!({"refresh_token": cookie}))
        .send()
        .await;
    answer.assert_problem(400, "malformed_request");
    assert_eq!(
        server.database.row("select generation from sessions")["generation"],
        0
    );
}

#[actix_web::test]
async fn no_refresh_token_is_an_answer_of_its_own() {
    let server = TestServer::start().await;
    let bare = server.call(Method::POST, "/auth/refresh").send().await;
    bare.assert_problem(401, "refresh_token_missing");
    let other_cookie = server
        .call(Method::POST, "/auth/refresh")
        .header("cookie", "refresh_token=x; __Secure-refresh_token=y")
        .send()
        .await;
    other_cookie.assert_problem(401, "refresh_token_missing");
}

#[actix_web::test]
async fn a_body_that_is_no_refresh_is_refused() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    for body in [
        "{}".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("{token:?}"),
        format!("[{token:?}]"),
        r#"{"refresh_token":null}"#.to_owned(),
        r#"{"refresh_token":1}"#.to_owned(),
        format!(r#"{{"refresh_token":{token:?},"refresh_token":{token:?}}}"#),
        format!(r#"{{"refresh_token":{token:?},"scope":"admin"}}"#),
        format!(r#"{{"refresh_token":{token:?}"#),
    ] {
        let answer = server
            .call(Method::POST, "/auth/refresh")
            .body("application/json", body)
            .send()
            .await;
        answer.assert_problem(400, "malformed_request");
        assert!(!answer.body.to_string().contains(token));
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded"] {
        let answer = server
            .call(Method::POST, "/auth/refresh")
            .body(content_type, json!({"refresh_token": token}).to_string())
            .send()
            .await;
        answer.assert_problem(415, "unsupported_media_type");
    }
    let answer = server
        .call(Method::POST, "/auth/refresh")
        .body("application/json", " ".repeat(BODY_LIMIT + 1))
        .send()
        .await;
    answer.assert_problem(413, "payload_too_large");
    assert_eq!(
        server.database.row("select generation from sessions")["generation"],
        0
    );
}

#[actix_web::test]
async fn a_session_shows_where_it_was_last_refreshed_from() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let answer = server
        .call(Method::POST, "/auth/refresh")
        .header("user-agent", "another agent")
        .header("x-forwarded-for", "198.51.100.8")
        .json(&json!({"refresh_token": tokens["refresh_token"]}))
        .send()
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        server.database.row("select ip, user_agent from sessions"),
        json!({"ip": "198.51.100.8", "user_agent": "another agent"})
    );
}
