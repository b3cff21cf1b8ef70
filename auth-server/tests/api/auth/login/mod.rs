//! `POST /auth/login`

mod many;
mod overload;
mod pages;
mod refusals;
mod scope;
mod stored_hashes;
mod temporary_password;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, SetCookie, TestServer, claims, registration};

#[actix_web::test]
async fn a_login_answers_with_tokens_and_the_user() {
    let server = TestServer::start().await;
    let registered = server.register("ada").await;
    let answer = server.try_log_in("ada", PASSWORD).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.token_cookies().is_empty());
    assert_eq!(
        answer.body,
        json!({
            "access_token": answer.text("access_token"),
            "token_type": "Bearer",
            "expires_in": 900,
            "scope": "notes:read notes:write",
            "session_id": answer.text("session_id"),
            "refresh_expires_in": 604_800,
            "refresh_token": answer.text("refresh_token"),
            "user": registered["user"],
        })
    );
}

#[actix_web::test]
async fn a_login_with_the_cookie_keeps_the_refresh_token_from_scripts() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let answer = server
        .post(
            "/auth/login",
            &json!({"username": "ada", "password": PASSWORD}),
        )
        .await;

    assert_eq!(answer.status, 200);
    let [cookie, signed_in] = answer.token_cookies().try_into().unwrap();
    assert_eq!(cookie.name, SetCookie::REFRESH);
    cookie.assert_locked_down("604800");
    signed_in.assert_says_signed_in("604800");
    assert!(answer.body.get("refresh_token").is_none());
    assert!(!answer.body.to_string().contains(&cookie.value));
}

#[actix_web::test]
async fn a_person_logs_in_by_username_or_email_in_any_spelling() {
    let server = TestServer::start().await;
    let mut body = registration("ada");
    body["email"] = json!("ada@bücher.example");
    let user = server.post("/auth/register", &body).await.body["user"].clone();
    for (field, text) in [
        ("identifier", "ada"),
        ("identifier", "ADA"),
        ("identifier", "ada@bücher.example"),
        ("identifier", "Ada@XN--BCHER-KVA.example"),
        ("username", "Ada"),
        ("email", "ADA@BÜCHER.example"),
    ] {
        let body = json!({field: text, "password": PASSWORD});
        let answer = server.post("/auth/login", &body).await;
        assert_eq!(answer.ok()["user"], user, "{field} {text}");
    }
}

#[actix_web::test]
async fn exactly_one_of_identifier_username_and_email_names_the_person() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let email = "ada@example.org";
    for mut body in [
        json!({}),
        json!({"identifier": "ada", "username": "ada"}),
        json!({"identifier": "ada", "email": email}),
        json!({"username": "ada", "email": email}),
        json!({"identifier": "ada", "username": "ada", "email": email}),
        json!({"identifier": null}),
    ] {
        body["password"] = json!(PASSWORD);
        let answer = server.post("/auth/login", &body).await;
        answer.assert_invalid(&[("identifier", "exactly_one")]);
    }
    assert_eq!(server.database.count("sessions"), 1);
}

#[actix_web::test]
async fn a_body_that_is_no_login_is_refused_without_repeating_it() {
    let server = TestServer::start().await;
    server.register("ada").await;
    for body in [
        String::new(),
        "null".to_owned(),
        format!(r#"["ada",null,null,"{PASSWORD}","body"]"#),
        r#"{"identifier":"ada"}"#.to_owned(),
        r#"{"identifier":"ada","password":null}"#.to_owned(),
        r#"{"identifier":["ada"],"password":"canary"}"#.to_owned(),
        format!(r#"{{"identifier":"ada","password":"{PASSWORD}","remember":"canary"}}"#),
        format!(r#"{{"identifier":"ada","password":"canary","password":"{PASSWORD}"}}"#),
        format!(r#"{{"identifier":"ada","password":"{PASSWORD}","delivery":"canary"}}"#),
    ] {
        let answer = server
            .call(Method::POST, "/auth/login")
            .body("application/json", body)
            .send()
            .await;
        answer.assert_problem(400, "malformed_request");
        assert!(!answer.body.to_string().contains("canary"));
    }
    let form = server
        .call(Method::POST, "/auth/login")
        .body("application/x-www-form-urlencoded", "identifier=ada")
        .send()
        .await;
    form.assert_problem(415, "unsupported_media_type");
    assert_eq!(server.database.events(), ["registered"]);
}

#[actix_web::test]
async fn each_login_opens_a_session_of_its_own_and_is_recorded() {
    let server = TestServer::start().await;
    let registered = server.register("ada").await;
    let answer = server
        .call(Method::POST, "/auth/login")
        .header("user-agent", "test agent")
        .header("x-forwarded-for", "2001:db8::7")
        .json(&json!({"identifier": "ada", "password": PASSWORD}))
        .send()
        .await;
    let tokens = answer.ok();

    assert_ne!(tokens["session_id"], registered["session_id"]);
    assert_eq!(
        server.database.count("sessions where revoked_at is null"),
        2
    );
    let session = server.database.row(&format!(
        "select ip, user_agent, generation from sessions where id = {}",
        quoted(&tokens["session_id"])
    ));
    assert_eq!(
        session,
        json!({"ip": "2001:db8::7", "user_agent": "test agent", "generation": 0})
    );
    let event = server.database.row(
        "select user_id, session_id, ip, user_agent from security_events where kind = 'login'",
    );
    assert_eq!(
        event,
        json!({
            "user_id": registered["user"]["id"],
            "session_id": tokens["session_id"],
            "ip": "2001:db8::7",
            "user_agent": "test agent",
        })
    );
}

#[actix_web::test]
async fn a_session_that_was_there_before_the_login_ends_with_it() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let planted = server.register_with_cookie("eve").await;
    let log_in = |password: &'static str| {
        server
            .call(Method::POST, "/auth/login")
            .refresh_cookie(&planted)
            .json(&json!({"identifier": "ada", "password": password}))
            .send()
    };

    // Only with a login: a wrong password ends nobody's session.
    log_in("wrong")
        .await
        .assert_problem(401, "invalid_credentials");
    assert_eq!(
        server
            .database
            .count("sessions where revoked_at is not null"),
        0
    );

    let tokens = log_in(PASSWORD).await.ok();
    assert_eq!(claims(&tokens)["preferred_username"], "ada");
    let ended = server.database.rows(
        "select username, revoke_reason from sessions join users on users.id = user_id
         where revoked_at is not null",
    );
    assert_eq!(
        ended,
        [json!({"username": "eve", "revoke_reason": "replaced"})]
    );
    server
        .refresh_by_cookie(&planted)
        .await
        .assert_problem(401, "session_revoked");
}

#[actix_web::test]
async fn a_cookie_that_is_no_token_does_not_keep_anyone_from_logging_in() {
    let server = TestServer::start().await;
    server.register("ada").await;
    for value in ["", "rubbish", "lkrt_AAAA", "\"quoted\"", "%00"] {
        let answer = server
            .call(Method::POST, "/auth/login")
            .refresh_cookie(value)
            .json(&json!({"identifier": "ada", "password": PASSWORD}))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{value}: {}", answer.body);
    }
}

fn quoted(id: &Value) -> String {
    format!("'{}'", id.as_str().unwrap())
}
