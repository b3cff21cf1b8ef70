//! Access tokens in a cookie, where the service was told its name.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Call, ISSUER, TestService};

const NAME: &str = "__Host-access_token";

fn service() -> TestService {
    TestService::start_with(&[
        "--access-cookie",
        NAME,
        "--allowed-origins",
        "https://app.example.org",
    ])
}

fn with_cookie(service: &TestService, method: Method, path: &str) -> Call {
    let cookie = format!("theme=dark; {NAME}={}; other=1", TestService::token("ada"));
    service.anonymous(method, path).header("cookie", &cookie)
}

fn create(service: &TestService) -> Call {
    with_cookie(service, Method::POST, "/notes").json(&json!({"title": "a", "body": ""}))
}

#[actix_web::test]
async fn reading_needs_the_cookie_alone() {
    let service = service();
    service.create("Shopping", "").await;
    let page = with_cookie(&service, Method::GET, "/notes")
        .send()
        .await
        .ok();
    assert_eq!(page["notes"][0]["title"], "Shopping");
    let other = service.anonymous(Method::GET, "/notes").header(
        "cookie",
        &format!("access_token={}", TestService::token("ada")),
    );
    other.send().await.assert_problem(401, "missing_token");
}

/// R40: a page of another site can make a browser send the cookie, but not say that it is ours.
#[actix_web::test]
async fn writing_needs_a_page_of_ours_too() {
    let service = service();
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", ISSUER)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://localhost:8080.evil.example")],
    ] {
        let call = headers
            .iter()
            .fold(create(&service), |call, (name, value)| {
                call.header(name, value)
            });
        call.send().await.assert_problem(403, "cross_site_request");
    }
    assert_eq!(service.database().notes(), [] as [Value; 0]);

    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("origin", ISSUER)],
        &[("origin", "https://app.example.org")],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://app.example.org"),
        ],
    ] {
        let call = headers
            .iter()
            .fold(create(&service), |call, (name, value)| {
                call.header(name, value)
            });
        assert_eq!(call.send().await.status, 201, "{headers:?}");
    }
}

#[actix_web::test]
async fn the_header_wins_over_the_cookie() {
    let service = service();
    service.create_as("bob", "Bob's", "").await;
    let call = with_cookie(&service, Method::GET, "/notes").bearer(&TestService::token("bob"));
    assert_eq!(call.send().await.ok()["notes"][0]["title"], "Bob's");
    let call = with_cookie(&service, Method::GET, "/notes").bearer("rubbish");
    call.send().await.assert_invalid_token();
}

/// A sister site that was allowed by name may send the cookie along and read the answer.
#[actix_web::test]
async fn allowed_origins_may_send_credentials() {
    let service = service();
    let preflight = service
        .anonymous(Method::OPTIONS, "/notes")
        .header("origin", "https://app.example.org")
        .header("access-control-request-method", "POST");
    let answer = preflight.send().await;
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
}
