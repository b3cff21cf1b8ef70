//! What the tokens of a session permit, as asked for at its login.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Database, PASSWORD, TestServer, claims};

async fn log_in(server: &TestServer, scope: &str) -> Answer {
    let body =
        json!({"identifier": "ada", "password": PASSWORD, "scope": scope, "delivery": "body"});
    server.post("/auth/login", &body).await
}

fn promote(database: &Database) {
    database.execute("update users set is_administrator = true where username = 'ada'");
}

fn scope_of(tokens: &Value) -> [Value; 2] {
    [tokens["scope"].clone(), claims(tokens)["scope"].clone()]
}

#[actix_web::test]
async fn less_than_usual_may_be_asked_for_and_stays_so() {
    let server = TestServer::start_with(&["--refresh-grace", "0"]).await;
    server.register("ada").await;
    let tokens = log_in(&server, "notes:read").await.ok();
    assert_eq!(scope_of(&tokens), ["notes:read", "notes:read"]);
    let refreshed = server.refresh(&tokens).await.ok();
    assert_eq!(scope_of(&refreshed), ["notes:read", "notes:read"]);
    assert_eq!(
        claims(&refreshed)["aud"],
        json!(["auth-server", "notes-api"])
    );
}

#[actix_web::test]
async fn what_is_not_given_is_refused_before_anything_is_looked_at() {
    let server = TestServer::start().await;
    server.register("ada").await;
    for scope in [
        "notes:delete",
        "notes:read auth:admin",
        "",
        " ",
        "NOTES:READ",
    ] {
        log_in(&server, scope)
            .await
            .assert_problem(400, "invalid_scope");
    }
    assert_eq!(server.database.events(), ["registered"]);
    assert_eq!(server.database.count("sessions"), 1);
}

#[actix_web::test]
async fn an_administrators_usual_session_does_not_administer() {
    let server = TestServer::start().await;
    server.register("ada").await;
    promote(&server.database);
    let tokens = server.log_in("ada").await;
    assert_eq!(tokens["scope"], "notes:read notes:write");
}

/// No other service gets to see a token that administers.
#[actix_web::test]
async fn tokens_that_administer_are_for_the_auth_server_alone() {
    let server = TestServer::start_with(&["--refresh-grace", "0"]).await;
    server.register("ada").await;
    promote(&server.database);
    let tokens = log_in(&server, "auth:admin").await.ok();
    for tokens in [&tokens, &server.refresh(&tokens).await.ok()] {
        assert_eq!(scope_of(tokens), ["auth:admin", "auth:admin"]);
        assert_eq!(claims(tokens)["aud"], json!(["auth-server"]));
    }
    // For a day's work, however long other sessions live.
    let hours = server.database.row(
        "select extract(epoch from absolute_expires_at - created_at)::int / 3600 as n
         from sessions where scope is not null",
    );
    assert_eq!(hours["n"], 12);
    let verify = server.call(Method::GET, "/auth/verify").bearer(&tokens);
    assert_eq!(verify.send().await.header("x-auth-scope"), "auth:admin");
}

#[actix_web::test]
async fn who_does_not_administer_is_refused_and_noted() {
    let server = TestServer::start().await;
    server.register("ada").await;
    log_in(&server, "auth:admin")
        .await
        .assert_problem(400, "invalid_scope");
    assert_eq!(server.database.count("sessions"), 1);
    assert_eq!(
        server.database.events(),
        ["registered", "administration_refused"]
    );
    let wrong = json!({"identifier": "ada", "password": "wrong", "scope": "auth:admin"});
    let answer = server.post("/auth/login", &wrong).await;
    answer.assert_problem(401, "invalid_credentials");
}

/// A scope that is taken from everyone is taken from sessions that were opened with it.
#[actix_web::test]
async fn a_session_permits_nothing_that_is_no_longer_given() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let tokens = log_in(&server, "notes:write").await.ok();
    let later = TestServer::start_on(&server.database, &["--scope", "notes:read"]).await;
    let refreshed = later.refresh(&tokens).await.ok();
    assert_eq!(scope_of(&refreshed), [json!(""), Value::Null]);
}
