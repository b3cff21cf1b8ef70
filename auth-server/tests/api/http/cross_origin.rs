//! CORS: an exact allow-list.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, TestServer};

const ALLOWED: &str = "https://app.example";

async fn start() -> TestServer {
    TestServer::start_with(&[
        "--allowed-origins",
        "https://app.example,https://b.example:8443",
    ])
    .await
}

async fn preflight(server: &TestServer, origin: &str, method: &str, headers: &str) -> Answer {
    server
        .call(Method::OPTIONS, "/auth/me")
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers)
        .send()
        .await
}

async fn read(server: &TestServer, origin: &str) -> Answer {
    server
        .call(Method::GET, "/.well-known/jwks.json")
        .header("origin", origin)
        .send()
        .await
}

#[actix_web::test]
async fn pages_of_allowed_origins_call_and_read() {
    let server = start().await;
    for origin in [ALLOWED, "https://b.example:8443"] {
        let headers = "authorization, content-type, traceparent, tracestate";
        let answer = preflight(&server, origin, "PATCH", headers).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(
            answer
                .header("access-control-allow-methods")
                .contains("PATCH")
        );
        assert!(answer.header("vary").to_lowercase().contains("origin"));

        let answer = read(&server, origin).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert!(answer.header("vary").to_lowercase().contains("origin"));
        let exposed = answer
            .header("access-control-expose-headers")
            .to_lowercase();
        assert!(exposed.contains("x-request-id") && exposed.contains("retry-after"));
        assert!(!exposed.contains("set-cookie"));
    }
}

#[actix_web::test]
async fn errors_can_be_read_by_those_pages_too() {
    let server = start().await;
    for answer in [
        server
            .call(Method::POST, "/auth/login")
            .header("origin", ALLOWED)
            .json(&json!({"identifier": "nobody", "password": "x"}))
            .send()
            .await,
        server
            .call(Method::GET, "/auth/me")
            .header("origin", ALLOWED)
            .send()
            .await,
        server
            .call(Method::GET, "/nothing")
            .header("origin", ALLOWED)
            .send()
            .await,
    ] {
        assert!(answer.status.is_client_error());
        assert_eq!(answer.header("access-control-allow-origin"), ALLOWED);
    }
}

#[actix_web::test]
async fn what_resembles_an_allowed_origin_is_another() {
    let server = start().await;
    for origin in [
        "null",
        "*",
        "https://evil.example",
        "http://app.example",
        "https://app.example:443",
        "https://app.example:8443",
        "https://app.example/",
        "https://app.example.evil.example",
        "https://evil-app.example",
        "https://x.app.example",
        "https://APP.example",
        "https://app.example,https://evil.example",
        "https://app.example https://evil.example",
        "https://app.exampl",
        "https://app_example",
        "http://localhost:8080",
        "file://",
    ] {
        let answer = preflight(&server, origin, "GET", "authorization").await;
        answer.assert_problem(403, "cross_origin_refused");
        for answer in [answer, read(&server, origin).await] {
            assert_eq!(
                answer.find_header("access-control-allow-origin"),
                None,
                "{origin}"
            );
        }
    }
}

#[actix_web::test]
async fn only_methods_and_headers_in_use_are_allowed() {
    let server = start().await;
    preflight(&server, ALLOWED, "TRACE", "content-type")
        .await
        .assert_problem(403, "cross_origin_refused");
    preflight(&server, ALLOWED, "GET", "x-forwarded-for")
        .await
        .assert_problem(403, "cross_origin_refused");
}

#[actix_web::test]
async fn without_allowed_origins_there_is_no_cors_at_all() {
    let server = TestServer::start().await;
    let answer = preflight(&server, "http://localhost:8080", "GET", "authorization").await;
    answer.assert_problem(405, "method_not_allowed");
    let answer = read(&server, "http://localhost:8080").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.find_header("access-control-allow-origin"), None);
}
