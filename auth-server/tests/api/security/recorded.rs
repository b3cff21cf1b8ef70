//! What an event tells: when, from where, by what, in which session, and whether it was an operator.

use std::sync::Arc;

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use crate::harness::{Database, OTHER_PASSWORD, PASSWORD, TestServer, eventually, run};

const ADDRESS: &str = "2001:db8::7";
const USER_AGENT: &str = "Canary/1.0";

/// Calls, and returns the events that it left: kinds and sessions. Everything else in them is checked here.
async fn recorded(
    server: &TestServer,
    (method, path): (Method, &str),
    tokens: &Value,
    body: Value,
) -> Vec<(String, Value)> {
    let known = server.database.count("security_events");
    let before = server.database.row("select clock_timestamp() as now");
    let mut call = server
        .call(method, path)
        .header("x-forwarded-for", ADDRESS)
        .header("user-agent", USER_AGENT);
    if tokens.is_object() {
        call = call.bearer(tokens);
    }
    if body.is_object() {
        call = call.json(&body);
    }
    call.send().await;
    let events = server.database.rows(&format!(
        "select kind, session_id, host(ip) as ip, user_agent,
                at between '{}' and clock_timestamp() as now
         from security_events order by id offset {known}",
        before["now"].as_str().unwrap()
    ));
    let tell = |event: Value| {
        assert_eq!(event["ip"], ADDRESS);
        assert_eq!(event["user_agent"], USER_AGENT);
        assert_eq!(event["now"], true, "{event}");
        let kind = event["kind"].as_str().unwrap().to_owned();
        (kind, event["session_id"].clone())
    };
    events.into_iter().map(tell).collect()
}

/// R59.
#[actix_web::test]
async fn each_event_tells_when_from_where_by_what_and_in_which_session() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let (second, third) = (server.log_in("ada").await, server.log_in("ada").await);
    server.log_in("ada").await;
    let fourth = server
        .database
        .row("select id from sessions order by id desc limit 1");
    let [first, second, third_id] =
        [&ada, &second, &third].map(|tokens| tokens["session_id"].clone());
    let fourth = fourth["id"].clone();
    let event = |kind: &str, session: &Value| (kind.to_owned(), session.clone());

    let login = (Method::POST, "/auth/login");
    let body = json!({"username": "ada", "password": "wrong password"});
    let events = recorded(&server, login, &Value::Null, body).await;
    assert_eq!(events, [event("login_failed", &Value::Null)]);

    let device = format!("/auth/sessions/{}", second.as_str().unwrap());
    let events = recorded(&server, (Method::DELETE, &device), &ada, Value::Null).await;
    assert_eq!(events, [event("session_revoked", &second)]);

    let logout = (Method::POST, "/auth/logout");
    let events = recorded(&server, logout, &third, json!({})).await;
    assert_eq!(events, [event("logout", &third_id)]);

    let profile = (Method::PATCH, "/auth/me");
    let events = recorded(&server, profile, &ada, json!({"username": "ada.king"})).await;
    assert_eq!(events, [event("profile_changed", &first)]);

    let mut body = json!({"current_password": "wrong", "new_password": OTHER_PASSWORD});
    let events = recorded(
        &server,
        (Method::POST, "/auth/password"),
        &ada,
        body.clone(),
    )
    .await;
    assert_eq!(events, [event("password_refused", &first)]);

    body["current_password"] = json!(PASSWORD);
    let events = recorded(&server, (Method::POST, "/auth/password"), &ada, body).await;
    assert_eq!(
        events,
        [
            event("session_revoked", &fourth),
            event("password_changed", &first)
        ]
    );

    let body = json!({ "password": OTHER_PASSWORD });
    let events = recorded(&server, (Method::DELETE, "/auth/me"), &ada, body).await;
    assert_eq!(
        events,
        [
            event("session_revoked", &first),
            event("account_deleted", &first)
        ]
    );
    let of_others = "security_events where user_id is distinct from '";
    let id = ada["user"]["id"].as_str().unwrap();
    assert_eq!(server.database.count(&format!("{of_others}{id}'")), 0);
}

#[actix_web::test]
async fn what_an_operator_did_is_told_from_what_the_server_did() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    server.register("ada").await;
    let ripe = "update signing_keys set published_at = now() - interval '2 hours',
        signs_from = now() - interval '1 hour' where activated_at is null";
    database.execute(ripe);
    run(&database, &["keys", "rotate"]).said();
    run(&database, &["users", "disable", "ada"]).said();
    run(&database, &["users", "enable", "ada"]).said();
    let by = database.rows(
        "select kind, details->>'by' as by, ip, user_id is not null as of_someone
         from security_events where kind <> 'registered' order by id",
    );
    let expected = [
        ("key_rotated", false),
        ("session_revoked", true),
        ("user_disabled", true),
        ("user_enabled", true),
    ];
    let expected = expected.map(|(kind, of_someone)| {
        json!({"kind": kind, "by": "command line", "ip": null, "of_someone": of_someone})
    });
    assert_eq!(by, expected);

    // Its time is over.
    database.execute(ripe);
    database.execute("update signing_keys set activated_at = now() - interval '91 days' where activated_at is not null and retired_at is null");
    eventually("a rotation by the server itself", async || {
        database.count("security_events where kind = 'key_rotated' and not details ? 'by'") == 1
    })
    .await;
}

#[actix_web::test]
async fn a_user_agent_in_any_script_is_recorded_and_none_misleads() {
    let server = TestServer::start().await;
    for (sent, recorded) in [
        ("Böwser/1.0 (Ωμέγα)".as_bytes(), "Böwser/1.0 (Ωμέγα)"),
        (
            "evil\u{202e}gnp.exe\u{2066}\u{2028}login ok".as_bytes(),
            "evilgnp.exelogin ok",
        ),
        (b"latin-1: \xe9", "latin-1: \u{fffd}"),
        (b"tab\there", "tabhere"),
    ] {
        let refused = server
            .call(Method::POST, "/auth/login")
            .header_bytes("user-agent", HeaderValue::from_bytes(sent).unwrap())
            .json(&json!({"identifier": "nobody", "password": "x"}));
        refused.send().await;
        let row = server
            .database
            .row("select user_agent from security_events order by id desc limit 1");
        assert_eq!(row["user_agent"], recorded);
    }
}
