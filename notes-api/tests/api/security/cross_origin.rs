//! R43: CORS is an exact allow-list.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, TestService};

const ALLOWED: &str = "https://app.example.org";
const ALSO_ALLOWED: &str = "http://localhost:5173";

fn service() -> TestService {
    TestService::start_with(&[
        "--allowed-origins",
        "https://app.example.org,http://localhost:5173",
    ])
}

async fn preflight(service: &TestService, origin: &str, method: &str, headers: &str) -> Answer {
    let call = service
        .anonymous(Method::OPTIONS, "/notes")
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    call.send().await
}

fn assert_no_permission(answer: &Answer) {
    for name in [
        "access-control-allow-origin",
        "access-control-allow-credentials",
    ] {
        assert_eq!(answer.find_header(name), None, "{name}");
    }
}

#[actix_web::test]
async fn pages_of_allowed_origins_may_call() {
    let service = service();
    for origin in [ALLOWED, ALSO_ALLOWED] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = preflight(
                &service,
                origin,
                method,
                "authorization, content-type, idempotency-key, if-match, traceparent, tracestate",
            )
            .await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            assert_eq!(answer.find_header("access-control-allow-credentials"), None);
        }
        let call = service
            .call(Method::POST, "/notes")
            .header("origin", origin);
        let answer = call.json(&json!({"title": "a", "body": ""})).send().await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert!(answer.header("vary").to_lowercase().contains("origin"));
        let exposed = answer.header("access-control-expose-headers");
        let mut exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
        exposed.sort_unstable();
        assert_eq!(exposed, ["etag", "location", "retry-after", "x-request-id"]);
    }
}

/// A page has to see why it was refused.
#[actix_web::test]
async fn refusals_can_be_read_by_allowed_pages() {
    let service = service();
    let call = service
        .anonymous(Method::GET, "/notes")
        .header("origin", ALLOWED);
    let answer = call.send().await;
    answer.assert_problem(401, "missing_token");
    assert_eq!(answer.header("access-control-allow-origin"), ALLOWED);
}

#[actix_web::test]
async fn pages_of_similar_origins_may_not() {
    let service = service();
    for origin in [
        "null",
        "*",
        "http://app.example.org",
        "https://app.example.org:443",
        "https://app.example.org:8443",
        "https://app.example.org/",
        "https://app.example.org.evil.example",
        "https://evil-app.example.org",
        "https://sub.app.example.org",
        "https://example.org",
        "https://APP.example.org",
        "https://app.example.org https://evil.example",
        "http://localhost",
        "http://localhost:51730",
        "http://127.0.0.1:5173",
        "file://",
    ] {
        let answer = preflight(&service, origin, "GET", "authorization").await;
        answer.assert_problem(403, "cross_origin_refused");
        assert_no_permission(&answer);
        let answer = service
            .call(Method::GET, "/notes")
            .header("origin", origin)
            .send()
            .await;
        assert_eq!(answer.status, 200);
        assert_no_permission(&answer);
    }
}

#[actix_web::test]
async fn other_methods_and_headers_are_not_allowed() {
    let service = service();
    for (method, headers) in [
        ("TRACE", "authorization"),
        ("GET", "x-secret"),
        ("BREW", "accept"),
    ] {
        let answer = preflight(&service, ALLOWED, method, headers).await;
        answer.assert_problem(403, "cross_origin_refused");
        assert_no_permission(&answer);
    }
}

#[actix_web::test]
async fn without_an_allow_list_no_page_of_another_origin_may() {
    let service = TestService::start();
    let answer = preflight(&service, ALLOWED, "GET", "authorization").await;
    answer.assert_problem(405, "method_not_allowed");
    assert_no_permission(&answer);
    let answer = service
        .call(Method::GET, "/notes")
        .header("origin", ALLOWED)
        .send()
        .await;
    assert_eq!(answer.status, 200);
    assert_no_permission(&answer);
}
