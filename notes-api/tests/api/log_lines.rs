//! The lines of the log: one for each request, which tells what came of it.

use reqwest::Client;
use serde_json::{Value, json};

use crate::harness::{Binary, Database, ISSUER, Issuer, SigningKey, TestService, claims_of};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// The lines that the binary writes, in this format, about one call of each kind, in the last of which it loses its
/// connection to the database: libpq tells of that in several lines.
async fn lines_about_calls(format: &str) -> Vec<String> {
    let (issuer, database) = (Issuer::start(), Database::new());
    let (proxy, database_url) = database.proxied();
    let service = Binary::start(&[
        ("NOTES_DATABASE_URL", &database_url),
        ("NOTES_JWKS_URL", &issuer.jwks_url()),
        ("NOTES_ISSUER", ISSUER),
        ("NOTES_LOG_FORMAT", format),
    ]);
    let http = Client::builder().no_proxy().build().unwrap();
    let call = async |token: &str, id: &str, status: u16| -> Value {
        let request = http
            .get(format!("http://{}/notes?query=canary", service.address()))
            .header("x-request-id", id)
            .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
            .bearer_auth(token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["x-request-id"], id);
        answer.json().await.unwrap()
    };
    let good = TestService::token("ada");
    let forged = SigningKey::unknown().sign(&claims_of("ada"));
    call(&good, "good-request", 200).await;
    let refused = call(&forged, "forged-request", 401).await;
    proxy.lose_statement(0);
    let failed = call(&good, "failed-request", 503).await;
    assert!(!proxy.still_to_lose());
    assert_eq!(refused["request_id"], "forged-request");
    assert_eq!(failed["request_id"], "failed-request");
    assert_eq!(failed["detail"], "The notes are out of reach right now.");
    let lines = service.log();
    assert!(!lines.iter().any(|line| line.contains("canary")));
    lines
}

#[actix_web::test]
async fn as_json_each_request_is_an_object_with_what_came_of_it() {
    let lines = lines_about_calls("json").await;
    let mut requests: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .filter(|line: &Value| line["target"] == "request")
        .collect();
    let error = requests[2]["error"].take();
    let error = error.as_str().unwrap();
    assert!(
        error.starts_with("database: server closed the connection"),
        "{error}"
    );
    assert!(
        error.contains('\n') && error == error.trim_end(),
        "{error:?}"
    );
    for (request, (level, id, status, code, error)) in requests.iter_mut().zip([
        ("INFO", "good-request", 200, None, None),
        (
            "INFO",
            "forged-request",
            401,
            Some("invalid_token"),
            Some("the token is signed with an unknown key"),
        ),
        ("ERROR", "failed-request", 503, Some("unavailable"), None),
    ]) {
        let members = request.as_object_mut().unwrap();
        assert!(members.remove("time").is_some());
        assert!(members.remove("microseconds").unwrap().is_u64());
        assert_eq!(members.get("code"), code.map(Value::from).as_ref());
        if let Some(error) = error {
            assert_eq!(members["error"], error);
        }
        members.remove("code");
        members.remove("error");
        let expected = json!({
            "level": level, "target": "request", "message": "answered", "request_id": id, "method": "GET",
            "path": "/notes", "status": status, "trace_id": TRACE, "parent_id": PARENT,
        });
        assert_eq!(*request, expected);
    }
    assert_eq!(requests.len(), 3);
}

#[actix_web::test]
async fn as_text_each_request_is_a_line_with_what_came_of_it() {
    let lines = lines_about_calls("text").await;
    let requests: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(" request] "))
        .collect();
    let trace = format!(" trace_id={TRACE} parent_id={PARENT}");
    for (line, (level, id, status, end)) in requests.iter().zip([
        ("INFO ", "good-request", 200, ""),
        (
            "INFO ",
            "forged-request",
            401,
            r#" code=invalid_token error="the token is signed with an unknown key""#,
        ),
        (
            "ERROR",
            "failed-request",
            503,
            r#" code=unavailable error="database: server closed the connection unexpectedly\n\tThis"#,
        ),
    ]) {
        let start = format!(
            "Z {level} request] answered request_id={id} method=GET path=/notes status={status} microseconds="
        );
        assert!(line.contains(&start), "{line}");
        assert!(line.contains(&format!("{trace}{end}")), "{line}");
    }
    assert_eq!(requests.len(), 3, "{lines:?}");
}
