//! What neighbours on the host, and pages of other sites, can do by cookies: nothing.

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use crate::harness::{Call, ISSUER, PASSWORD, SetCookie, TestServer, registration};

/// A call from a page of ours, with this `Cookie` header, byte for byte.
fn call(server: &TestServer, path: &str, cookies: &[u8]) -> Call {
    server
        .call(Method::POST, path)
        .header_bytes("cookie", HeaderValue::from_bytes(cookies).unwrap())
        .header("sec-fetch-site", "same-origin")
}

fn named(value: &str) -> String {
    format!("{}={value}", SetCookie::REFRESH)
}

#[actix_web::test]
async fn a_cookie_whose_name_only_decodes_to_ours_is_not_ours() {
    let server = TestServer::start().await;
    let eve = server.register_with_cookie("eve").await;
    let ada = server.register_with_cookie("ada").await;
    let planted = format!("__%48ost-refresh_token={eve}");

    let alone = call(&server, "/auth/refresh", planted.as_bytes())
        .send()
        .await;
    alone.assert_problem(401, "refresh_token_missing");

    let both = format!("{planted}; {}", named(&ada));
    let refreshed = call(&server, "/auth/refresh", both.as_bytes())
        .send()
        .await
        .ok();
    let ada_again = server.log_in("ada").await;
    let whose = |tokens: &Value| crate::harness::claims(tokens)["sub"].clone();
    assert_eq!(whose(&refreshed), whose(&ada_again));
}

#[actix_web::test]
async fn a_neighbours_cookie_that_is_not_text_hides_nothing() {
    let server = TestServer::start().await;
    let ada = server.register_with_cookie("ada").await;
    let cookies = [b"lang=fran\xe7ais; ".as_slice(), named(&ada).as_bytes()].concat();
    call(&server, "/auth/refresh", &cookies).send().await.ok();
    call(&server, "/auth/logout", &cookies)
        .send()
        .await
        .assert_no_content();
    let refreshed = server.refresh_by_cookie(&ada).await;
    refreshed.assert_problem(401, "session_revoked");
}

#[actix_web::test]
async fn credentials_of_another_kind_do_not_keep_anyone_from_logging_out() {
    let server = TestServer::start().await;
    let answer = server
        .call(Method::POST, "/auth/logout")
        .header("authorization", "Basic YWRhOng=")
        .send()
        .await;
    answer.assert_no_content();
}

#[actix_web::test]
async fn a_page_of_an_allowed_site_can_sign_in() {
    let server = TestServer::start_with(&["--allowed-origins", "https://app.other.example"]).await;
    server.register("ada").await;
    let log_in = async |origin: &str| {
        server
            .call(Method::POST, "/auth/login")
            .json(&json!({"identifier": "ada", "password": PASSWORD, "delivery": "body"}))
            .header("origin", origin)
            .header("sec-fetch-site", "cross-site")
            .send()
            .await
    };
    log_in("https://app.other.example").await.ok();
    for origin in ["https://evil.example", ISSUER] {
        log_in(origin)
            .await
            .assert_problem(403, "cross_site_request");
    }
}

#[actix_web::test]
async fn names_are_read_from_strings_only() {
    let server = TestServer::start().await;
    let mut body = registration("ada");
    body["delivery"] = json!({"body": null});
    server
        .post("/auth/register", &body)
        .await
        .assert_problem(400, "malformed_request");
    let body = json!({"scope": {"all": null}});
    server
        .post("/auth/logout", &body)
        .await
        .assert_problem(400, "malformed_request");
}
