//! The one origin: what the gateway adds, takes away and refuses, with the services behind it.

use std::time::Duration;

use local_run::wait;
use serde_json::{Value, json};

use crate::harness::system::shared;

/// R37.
#[tokio::test]
async fn an_address_that_a_client_claims_is_not_believed() {
    let system = shared().await;
    let client = system.client();
    let ada = client.register().await;
    let refreshed = client
        .post("/auth/refresh")
        .header("x-forwarded-for", "203.0.113.9")
        .header("forwarded", "for=203.0.113.9")
        .header("x-real-ip", "203.0.113.9")
        .json(&json!({"refresh_token": ada.refresh_token}))
        .send()
        .await;
    let sessions = client
        .get("/auth/sessions")
        .bearer(refreshed.text("access_token"))
        .header("x-forwarded-for", "203.0.113.9")
        .send()
        .await;
    let ips: Vec<&Value> = sessions.body["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| &session["ip"])
        .collect();
    assert_eq!(ips, ["127.0.0.1"]);
}

/// R54.
#[tokio::test]
async fn ten_megabytes_are_too_much_for_every_service() {
    let system = shared().await;
    for path in ["/auth/login", "/auth/refresh", "/notes"] {
        let call = system.client().post(path);
        let answer = call.body("application/json", vec![b' '; 10_000_000]).send();
        answer.await.assert_problem(413, "payload_too_large");
    }
}

#[tokio::test]
async fn the_longest_note_passes_even_where_each_character_takes_four_bytes() {
    let system = shared().await;
    let client = system.client();
    let ada = client.register().await;
    let longest = json!({"title": "𝕬".repeat(200), "body": "𝕬".repeat(100_000)});
    let call = client.post("/notes").bearer(&ada.access_token);
    let written = call.json(&longest).send().await;
    written.assert_status(201);
    assert_eq!(written.body["body"], longest["body"]);
}

/// R47, R46: with what the services say themselves, each header is there once.
#[tokio::test]
async fn no_answer_contradicts_itself_about_what_a_browser_may_do() {
    let system = shared().await;
    let client = system.client();
    let ada = client.register().await;
    for path in [
        "/auth/me",
        "/auth/sessions",
        "/notes",
        "/notes/unknown",
        "/auth/nothing",
        "/nothing",
        "/.well-known/jwks.json",
        "/api-docs/",
        "/api-docs/notes/openapi.json",
        "/health/live",
    ] {
        let answer = client.get(path).bearer(&ada.access_token).send().await;
        let values = |name: &str| {
            let values = answer.headers.get_all(name).iter();
            values
                .map(|value| value.to_str().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(values("x-content-type-options"), ["nosniff"], "{path}");
        assert_eq!(values("referrer-policy"), ["no-referrer"], "{path}");
        assert_eq!(
            values("cross-origin-opener-policy"),
            ["same-origin"],
            "{path}"
        );
        assert_eq!(values("strict-transport-security"), [""; 0], "{path}");
        let policies = values("content-security-policy");
        assert_eq!(policies.len(), 1, "{path}: {policies:?}");
        assert!(policies[0].starts_with("default-src 'none';"), "{path}");
        assert!(policies[0].ends_with("frame-ancestors 'none'"), "{path}");
        assert!(values("cache-control").len() <= 1, "{path}");
        assert_eq!(values("x-request-id").len(), 1, "{path}");
    }
}

#[tokio::test]
async fn what_is_nobodys_is_not_found() {
    let system = shared().await;
    for path in [
        "/nothing",
        "/index.html",
        "/auth",
        "/auth/nothing",
        "/health/ready",
    ] {
        let answer = system.client().get(path).send().await;
        answer.assert_problem(404, "not_found");
    }
    let answer = system.client().get("/auth/login").send().await;
    answer.assert_problem(405, "method_not_allowed");
}

/// An id from the gateway leads through its log and the service's, and so does the trace of a client.
#[tokio::test]
async fn a_request_has_one_id_and_one_trace_in_every_log() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let system = shared().await;
    let client = system.client();
    let ada = client.register().await;
    for (token, status) in [(ada.access_token.as_str(), 200), ("none", 401)] {
        let list = client.get("/notes").bearer(token);
        let answer = list
            .header("x-request-id", "chosen-by-the-client")
            .header("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"))
            .send()
            .await;
        answer.assert_status(status);
        let id = answer.header("x-request-id");
        assert_ne!(id, "chosen-by-the-client");

        let is_ours = |line: &str| line.contains(&format!("request_id={id}"));
        // nginx writes its line when the client has its answer already.
        let logged = || system.access_log().into_iter().find(|line| is_ours(line));
        let line = wait::until("logging", Duration::from_secs(30), || Ok(logged())).unwrap();
        assert!(line.contains(&format!("trace_id={TRACE}")), "{line}");
        let services = system.stack.notes_apis.iter();
        let logs = services.map(|replica| std::fs::read_to_string(replica.log()).unwrap());
        let logs = logs.collect::<String>();
        let lines: Vec<&str> = logs.lines().filter(|line| is_ours(line)).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let trace = format!("trace_id={TRACE} parent_id=00f067aa0ba902b7");
        assert!(lines[0].contains(&trace), "{lines:?}");
    }
}
