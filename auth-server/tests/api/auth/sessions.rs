//! `/auth/sessions`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, TestServer};

async fn list(server: &TestServer, tokens: &Value) -> Vec<Value> {
    let answer = server
        .call(Method::GET, "/auth/sessions")
        .bearer(tokens)
        .send()
        .await;
    answer.ok()["sessions"].as_array().unwrap().clone()
}

async fn revoke(server: &TestServer, tokens: &Value, id: &str) -> Answer {
    server
        .call(Method::DELETE, &format!("/auth/sessions/{id}"))
        .bearer(tokens)
        .send()
        .await
}

fn ids(sessions: &[Value]) -> Vec<&Value> {
    sessions.iter().map(|session| &session["id"]).collect()
}

async fn log_in_as(server: &TestServer, user_agent: &str, forwarded_for: &str) -> Value {
    server
        .call(Method::POST, "/auth/login")
        .header("user-agent", user_agent)
        .header("x-forwarded-for", forwarded_for)
        .json(&json!({"identifier": "ada", "password": PASSWORD, "delivery": "body"}))
        .send()
        .await
        .ok()
}

#[actix_web::test]
async fn a_session_is_shown_with_what_its_owner_can_know_it_by() {
    let server = TestServer::start().await;
    server.register("ada").await;
    server.database.execute("delete from sessions");
    let tokens = log_in_as(&server, "Firefox/140.0", "203.0.113.9").await;
    let sessions = list(&server, &tokens).await;
    let stored = server.database.row(
        "select to_char(created_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS') as created,
                to_char(idle_expires_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS') as expires
         from sessions",
    );
    assert_eq!(sessions.len(), 1);
    let time = |member: &str| {
        let text = sessions[0][member].as_str().unwrap();
        assert!(text.ends_with('Z'), "{text}");
        text[..19].to_owned()
    };
    assert_eq!(time("created_at"), stored["created"].as_str().unwrap());
    assert_eq!(sessions[0]["last_used_at"], sessions[0]["created_at"]);
    assert_eq!(time("expires_at"), stored["expires"].as_str().unwrap());
    assert_eq!(
        sessions[0],
        json!({
            "id": tokens["session_id"],
            "current": true,
            "created_at": sessions[0]["created_at"],
            "last_used_at": sessions[0]["last_used_at"],
            "expires_at": sessions[0]["expires_at"],
            "ip": "203.0.113.9",
            "user_agent": "Firefox/140.0",
        })
    );
}

#[actix_web::test]
async fn only_ones_own_live_sessions_are_listed_the_newest_first() {
    let server = TestServer::start().await;
    let oldest = server.register("ada").await;
    let ended = server.log_in("ada").await;
    let expired = server.log_in("ada").await;
    let newest = server.log_in("ada").await;
    server.register("grace").await;
    server.database.execute(&format!(
        "update sessions set revoked_at = now(), revoke_reason = 'logout' where id = {};
         update sessions set idle_expires_at = now() where id = {}",
        quoted(&ended),
        quoted(&expired)
    ));

    let sessions = list(&server, &oldest).await;
    assert_eq!(
        ids(&sessions),
        [&newest["session_id"], &oldest["session_id"]]
    );
    assert_eq!(sessions[0]["current"], false);
    assert_eq!(sessions[1]["current"], true);
}

#[actix_web::test]
async fn a_refresh_is_a_use() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server.database.pass("1 d");
    let tokens = server.refresh(&tokens).await.ok();
    let session = list(&server, &tokens).await.remove(0);
    assert_ne!(session["last_used_at"], session["created_at"]);
    assert!(session["last_used_at"].as_str() > session["created_at"].as_str());
}

#[actix_web::test]
async fn a_client_behind_a_stranger_cannot_choose_its_address() {
    // In these tests the peer is 127.0.0.1: a trusted proxy by default, a stranger here.
    let server = TestServer::start_with(&["--trusted-proxies", "10.0.0.0/8"]).await;
    server.register("ada").await;
    let tokens = log_in_as(&server, "agent", "203.0.113.9").await;
    assert_eq!(list(&server, &tokens).await[0]["ip"], "127.0.0.1");
    let addresses = server
        .database
        .rows("select distinct host(ip) as ip from security_events");
    assert_eq!(addresses, [json!({"ip": "127.0.0.1"})]);
}

#[actix_web::test]
async fn of_forwarded_addresses_only_what_trusted_proxies_added_counts() {
    let server = TestServer::start().await;
    server.register("ada").await;
    for (forwarded_for, expected) in [
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("rubbish, 2001:DB8::9", "2001:db8::9"),
        ("203.0.113.9, rubbish", "127.0.0.1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", "127.0.0.1"),
    ] {
        let tokens = log_in_as(&server, "agent", forwarded_for).await;
        assert_eq!(
            list(&server, &tokens).await[0]["ip"],
            expected,
            "{forwarded_for}"
        );
    }
    let answer = server
        .call(Method::POST, "/auth/login")
        .header("forwarded", "for=203.0.113.9")
        .header("x-real-ip", "203.0.113.9")
        .json(&json!({"identifier": "ada", "password": PASSWORD, "delivery": "body"}))
        .send()
        .await;
    assert_eq!(list(&server, &answer.ok()).await[0]["ip"], "127.0.0.1");
}

#[actix_web::test]
async fn what_a_client_says_of_itself_is_cut_and_harmless() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let tokens = log_in_as(&server, &"x".repeat(300), "203.0.113.9").await;
    assert_eq!(
        list(&server, &tokens).await[0]["user_agent"],
        "x".repeat(256)
    );
    let tokens = log_in_as(&server, "<b>'; drop table users; --\t\u{e9}", "203.0.113.9").await;
    let shown = list(&server, &tokens).await[0]["user_agent"].clone();
    assert!(
        shown.is_null() || !shown.as_str().unwrap().contains('\t'),
        "{shown}"
    );
    let tokens = log_in_as(&server, "", "203.0.113.9").await;
    assert_eq!(list(&server, &tokens).await[0]["user_agent"], json!(null));
}

#[actix_web::test]
async fn a_device_is_signed_out_from_another() {
    let server = TestServer::start().await;
    let here = server.register("ada").await;
    let there = server.log_in("ada").await;
    let id = there["session_id"].as_str().unwrap();
    for _repeated in 0..2 {
        revoke(&server, &here, id).await.assert_no_content();
    }
    server
        .refresh(&there)
        .await
        .assert_problem(401, "session_revoked");
    server.me(&there).await.assert_session_ended();
    assert_eq!(ids(&list(&server, &here).await), [&here["session_id"]]);
    assert_eq!(
        server.database.events(),
        ["registered", "login", "session_revoked"]
    );
    let event = server
        .database
        .row("select session_id from security_events where kind = 'session_revoked'");
    assert_eq!(event["session_id"], there["session_id"]);
}

#[actix_web::test]
async fn a_device_may_sign_itself_out() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let id = tokens["session_id"].as_str().unwrap();
    revoke(&server, &tokens, id).await.assert_no_content();
    revoke(&server, &tokens, id).await.assert_session_ended();
}

#[actix_web::test]
async fn another_persons_session_does_not_exist() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let grace = server.register("grace").await;
    let foreign = grace["session_id"].as_str().unwrap();
    let unknown = revoke(&server, &ada, "01990000-0000-7000-8000-000000000000").await;
    unknown.assert_problem(404, "not_found");
    for id in [
        foreign,
        "1",
        "x",
        "%00",
        "null",
        "'",
        "01990000",
        "%F0%9F%A6%94",
    ] {
        let answer = revoke(&server, &ada, id).await;
        answer.assert_problem(404, "not_found");
        assert_eq!(
            answer.problem_but_for_its_id(),
            unknown.problem_but_for_its_id(),
            "{id}"
        );
    }
    assert_eq!(server.me(&grace).await.status, 200);
    assert_eq!(
        server
            .database
            .count("sessions where revoked_at is not null"),
        0
    );
}

fn quoted(tokens: &Value) -> String {
    format!("'{}'", tokens["session_id"].as_str().unwrap())
}
