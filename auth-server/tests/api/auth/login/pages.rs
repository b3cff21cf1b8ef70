//! A login sets a cookie, so a page of another site must not be able to cause one.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, ISSUER, PASSWORD, TestServer, registration};

async fn log_in(server: &TestServer, headers: &[(&str, &str)]) -> Answer {
    let mut call = server
        .call(Method::POST, "/auth/login")
        .json(&json!({"identifier": "ada", "password": PASSWORD}));
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send().await
}

#[actix_web::test]
async fn a_page_of_another_site_cannot_log_anyone_in() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let foreign: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "")],
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", "http://localhost:8081")],
        &[("origin", "https://localhost:8080")],
        &[("origin", "http://localhost:8080.evil.example")],
    ];
    for headers in foreign {
        let answer = log_in(&server, headers).await;
        answer.assert_problem(403, "cross_site_request");
        assert!(answer.cookies().is_empty(), "{headers:?}");
    }
    assert_eq!(server.database.count("sessions"), 1);
    assert_eq!(server.database.events(), ["registered"]);
}

#[actix_web::test]
async fn a_page_of_another_site_cannot_register_anyone() {
    let server = TestServer::start().await;
    let answer = server
        .call(Method::POST, "/auth/register")
        .header("origin", "https://evil.example")
        .json(&registration("ada"))
        .send()
        .await;
    answer.assert_problem(403, "cross_site_request");
    assert_eq!(server.database.count("users"), 0);
}

#[actix_web::test]
async fn our_own_pages_and_programs_log_in() {
    let server = TestServer::start_with(&["--allowed-origins", "https://app.example"]).await;
    server.register("ada").await;
    let ours: &[&[(&str, &str)]] = &[
        &[],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", ISSUER)],
        &[("origin", ISSUER)],
        &[("origin", "https://app.example")],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://app.example"),
        ],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://app.example"),
        ],
    ];
    for headers in ours {
        assert_eq!(log_in(&server, headers).await.status, 200, "{headers:?}");
    }
}
