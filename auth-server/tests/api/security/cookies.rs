//! What neighbours on the host, and pages of other sites, can do by cookies: nothing.

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use crate::harness::{Answer, Call, ISSUER, PASSWORD, SetCookie, TestServer, registration};

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
async fn of_two_refresh_cookies_none_is_taken() {
    let server = TestServer::start().await;
    let (eve, ada) = (
        server.register_with_cookie("eve").await,
        server.register_with_cookie("ada").await,
    );
    let both = format!("{}; {}", named(&eve), named(&ada));
    for path in ["/auth/refresh", "/auth/logout"] {
        let answer = call(&server, path, both.as_bytes()).send().await;
        answer.assert_problem(400, "malformed_request");
    }
    server.refresh_by_cookie(&ada).await.ok();
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
async fn a_logout_with_two_tokens_is_refused_and_ends_nothing() {
    let server = TestServer::start().await;
    let ada = server.register_with_cookie("ada").await;
    let answer = call(&server, "/auth/logout", named(&ada).as_bytes())
        .json(&json!({"refresh_token": "x"}))
        .send()
        .await;
    answer.assert_problem(400, "malformed_request");
    server.refresh_by_cookie(&ada).await.ok();
}

#[actix_web::test]
async fn an_access_cookie_alone_logs_out() {
    let server = TestServer::start_with(&["--access-cookie", "true"]).await;
    let tokens = server.register("ada").await;
    let access = tokens["access_token"].as_str().unwrap();
    let cookies = format!("{}={access}", SetCookie::ACCESS);
    call(&server, "/auth/logout", cookies.as_bytes())
        .send()
        .await
        .assert_no_content();
    server.me(&tokens).await.assert_session_ended();
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
async fn registering_ends_the_session_whose_cookie_came_along() {
    let server = TestServer::start().await;
    let before = server.register_with_cookie("ada").await;
    let answer = call(&server, "/auth/register", named(&before).as_bytes())
        .json(&registration("grace"))
        .send()
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    server
        .refresh_by_cookie(&before)
        .await
        .assert_problem(401, "session_revoked");
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
async fn forward_auth_heeds_the_clients_method_where_the_token_is_in_a_cookie() {
    let server = TestServer::start_with(&["--access-cookie", "true"]).await;
    let tokens = server.register("ada").await;
    let access = tokens["access_token"].as_str().unwrap();
    let verify = async |headers: &[(&str, &str)]| -> Answer {
        let cookie = format!("{}={access}", SetCookie::ACCESS);
        let call = server
            .call(Method::GET, "/auth/verify")
            .header("cookie", &cookie);
        headers
            .iter()
            .fold(call, |call, (name, value)| call.header(name, value))
            .send()
            .await
    };
    verify(&[("x-original-method", "GET")]).await.ok();
    verify(&[("x-forwarded-method", "HEAD")]).await.ok();
    verify(&[
        ("x-original-method", "POST"),
        ("sec-fetch-site", "same-origin"),
    ])
    .await
    .ok();
    for unsafe_call in [
        &[
            ("x-original-method", "POST"),
            ("sec-fetch-site", "cross-site"),
        ][..],
        &[
            ("x-forwarded-method", "DELETE"),
            ("origin", "https://evil.example"),
        ],
        &[],
    ] {
        verify(unsafe_call)
            .await
            .assert_problem(403, "cross_site_request");
    }
    let by_header = server
        .call(Method::GET, "/auth/verify")
        .bearer(&tokens)
        .send()
        .await;
    by_header.ok();
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
