//! Paths and methods: what is not there, and what changes nothing.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

/// The route table, written down once more.
const ROUTES: &[(&str, &[&str])] = &[
    ("/auth/register", &["POST"]),
    ("/auth/login", &["POST"]),
    ("/auth/refresh", &["POST"]),
    ("/auth/logout", &["POST"]),
    ("/auth/me", &["DELETE", "GET", "HEAD", "PATCH"]),
    ("/auth/password", &["POST"]),
    ("/auth/password/advice", &["POST"]),
    ("/auth/events", &["GET", "HEAD"]),
    ("/auth/sessions", &["GET", "HEAD"]),
    (
        "/auth/sessions/01990000-0000-7000-8000-000000000000",
        &["DELETE"],
    ),
    ("/auth/verify", &["GET", "HEAD"]),
    ("/.well-known/jwks.json", &["GET", "HEAD"]),
    ("/.well-known/public-key.pem", &["GET", "HEAD"]),
    ("/.well-known/openid-configuration", &["GET", "HEAD"]),
    ("/.well-known/oauth-authorization-server", &["GET", "HEAD"]),
    ("/health/live", &["GET", "HEAD"]),
    ("/health/ready", &["GET", "HEAD"]),
    ("/api-docs/auth/openapi.json", &["GET", "HEAD"]),
];

const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
];

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap()
}

/// Every row of every table that a client's call could change.
fn everything(server: &TestServer) -> BTreeMap<&'static str, Vec<Value>> {
    [
        "users",
        "sessions",
        "security_events",
        "signing_keys",
        "peppers",
    ]
    .into_iter()
    .map(|table| {
        (
            table,
            server
                .database
                .rows(&format!("select * from {table} order by 1")),
        )
    })
    .collect()
}

#[actix_web::test]
async fn other_methods_are_answered_with_those_that_are_allowed() {
    let server = TestServer::start().await;
    for (path, allowed) in ROUTES {
        for name in METHODS.iter().filter(|name| !allowed.contains(name)) {
            let answer = server.call(method(name), path).send().await;
            assert_eq!(answer.status, 405, "{name} {path}");
            if *name != "HEAD" {
                answer.assert_problem(405, "method_not_allowed");
            }
            let mut told: Vec<&str> = answer.header("allow").split(", ").collect();
            told.sort_unstable();
            assert_eq!(told, *allowed, "{name} {path}");
        }
    }
}

#[actix_web::test]
async fn looking_changes_nothing() {
    let server = TestServer::start_with(&["--access-cookie", "true"]).await;
    let tokens = server.register("ada").await;
    let cookies = format!(
        "__Host-refresh_token={}; __Host-access_token={}",
        tokens["refresh_token"].as_str().unwrap(),
        tokens["access_token"].as_str().unwrap()
    );
    let before = everything(&server);
    for (path, _) in ROUTES {
        for name in ["GET", "HEAD", "OPTIONS"] {
            for query in ["", "?_method=POST", "?scope=all&username=ada&password=x"] {
                let answer = server
                    .call(method(name), &format!("{path}{query}"))
                    .bearer(&tokens)
                    .header("cookie", &cookies)
                    .header("sec-fetch-site", "same-origin")
                    .header("x-http-method-override", "DELETE")
                    .json(&json!({"refresh_token": tokens["refresh_token"], "password": "x"}))
                    .send()
                    .await;
                assert!(!answer.status.is_server_error(), "{name} {path}");
                assert!(answer.cookies().is_empty(), "{name} {path}");
            }
        }
    }
    assert_eq!(everything(&server), before);
}

#[actix_web::test]
async fn head_answers_like_get_without_the_body() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let ask = |name: &'static str, path: &'static str| {
        server.call(method(name), path).bearer(&tokens).send()
    };
    for (path, _) in ROUTES
        .iter()
        .filter(|(_, allowed)| allowed.contains(&"GET"))
    {
        let (get, head) = (ask("GET", path).await, ask("HEAD", path).await);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.body, Value::Null, "{path}");
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(
                head.find_header(name),
                get.find_header(name),
                "{path} {name}"
            );
        }
    }
}

#[actix_web::test]
async fn what_is_not_there_is_a_problem_too() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/auth",
        "/auth/",
        "/auth/me/",
        "//auth/me",
        "/AUTH/ME",
        "/auth/sessions/",
        "/auth/sessions/a/b",
        "/.well-known/",
        "/.well-known/jwks.json/x",
        "/.env",
        "/auth/%6de%00",
        "/auth/../../etc/passwd",
        "/auth/..%2f..%2fetc/passwd",
        "/metrics",
        "/\u{1f994}",
    ] {
        for name in ["GET", "POST", "DELETE"] {
            let answer = server.call(method(name), path).send().await;
            answer.assert_problem(404, "not_found");
            assert!(!answer.body.to_string().contains("etc"), "{path}");
        }
    }
    let long: Answer = server.get(&format!("/{}", "a".repeat(8_000))).await;
    long.assert_problem(404, "not_found");
}
