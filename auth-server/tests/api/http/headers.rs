//! Headers of every answer.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, PASSWORD, TestServer, registration};

/// One answer of each kind.
async fn answers(server: &TestServer) -> Vec<(&'static str, Answer)> {
    let registered = server.post("/auth/register", &registration("ada")).await;
    let tokens = registered.body.clone();
    let login = json!({"identifier": "ada", "password": PASSWORD});
    vec![
        ("register", registered),
        ("login", server.post("/auth/login", &login).await),
        ("refresh", server.refresh(&tokens).await),
        ("me", server.me(&tokens).await),
        (
            "sessions",
            server
                .call(Method::GET, "/auth/sessions")
                .bearer(&tokens)
                .send()
                .await,
        ),
        (
            "verify",
            server
                .call(Method::GET, "/auth/verify")
                .bearer(&tokens)
                .send()
                .await,
        ),
        (
            "409",
            server.post("/auth/register", &registration("ada")).await,
        ),
        (
            "422",
            server.post("/auth/login", &json!({"password": "x"})).await,
        ),
        ("400", server.post("/auth/login", &json!([])).await),
        ("401", server.get("/auth/me").await),
        ("404", server.get("/nothing").await),
        ("405", server.get("/auth/login").await),
        ("204", server.post("/auth/logout", &json!({})).await),
        ("ready", server.get("/health/ready").await),
    ]
}

#[actix_web::test]
async fn nothing_is_stored_on_the_way_and_no_type_is_guessed() {
    let server = TestServer::start().await;
    let mut all = answers(&server).await;
    for (name, answer) in &all {
        assert_eq!(answer.header("cache-control"), "no-store", "{name}");
    }
    all.push(("jwks", server.get("/.well-known/jwks.json").await));
    all.push(("docs", server.get("/api-docs/auth/openapi.json").await));
    for (name, answer) in &all {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(answer.find_header("server"), None, "{name}");
        assert_eq!(answer.find_header("x-powered-by"), None, "{name}");
        assert_eq!(
            answer.find_header("access-control-allow-origin"),
            None,
            "{name}"
        );
    }
}

#[actix_web::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let server = TestServer::start().await;
    let mut ids: Vec<String> = answers(&server)
        .await
        .into_iter()
        .map(|(_, answer)| answer.header("x-request-id").to_owned())
        .collect();
    let count = ids.len();
    assert!(ids.iter().all(|id| id.len() == 32), "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[actix_web::test]
async fn a_sound_request_id_is_returned_and_any_other_replaced() {
    let server = TestServer::start().await;
    let answered = async |id: &str| {
        let call = server.call(Method::GET, "/health/live");
        let answer = call.header("x-request-id", id).send().await;
        answer.header("x-request-id").to_owned()
    };
    for sound in ["abcd1234", "0190-ABCD-efgh", &"a".repeat(64)] {
        assert_eq!(answered(sound).await, *sound);
    }
    for unsound in [
        "",
        "short",
        &"a".repeat(65),
        "with spaces in it",
        "level=error",
        "\"quoted-id\"",
        "tab\tinside",
        "../../etc/passwd",
        "${jndi:ldap://x}",
        "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
    ] {
        let id = answered(unsound).await;
        assert_ne!(id, unsound);
        assert_eq!(id.len(), 32);
    }
}
