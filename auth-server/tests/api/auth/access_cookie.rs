//! `AUTH_ACCESS_COOKIE=true`: for clients that keep both tokens in cookies.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, OTHER_PASSWORD, PASSWORD, SetCookie, TestServer};

async fn start() -> TestServer {
    TestServer::start_with(&["--access-cookie", "true"]).await
}

fn cookie(answer: &Answer, name: &str) -> SetCookie {
    answer
        .cookies()
        .into_iter()
        .find(|cookie| cookie.name == name)
        .unwrap()
}

/// Registers and returns the `Cookie` header that a browser would send from now on.
async fn register(server: &TestServer, username: &str) -> (Answer, String) {
    let mut body = crate::harness::registration(username);
    body["delivery"] = json!("cookie");
    let answer = server.post("/auth/register", &body).await;
    let header = answer
        .cookies()
        .iter()
        .map(|cookie| format!("{}={}", cookie.name, cookie.value))
        .collect::<Vec<_>>()
        .join("; ");
    (answer, header)
}

#[actix_web::test]
async fn both_tokens_are_set_as_cookies_and_taken_back() {
    let server = start().await;
    let (answer, cookies) = register(&server, "ada").await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.token_cookies().len(), 3);
    cookie(&answer, SetCookie::REFRESH).assert_locked_down("604800");
    let access = cookie(&answer, SetCookie::ACCESS);
    access.assert_locked_down("900");
    assert_eq!(answer.body["access_token"], access.value);

    let refreshed = server
        .call(Method::POST, "/auth/refresh")
        .header("cookie", &cookies)
        .header("origin", ISSUER)
        .send()
        .await;
    assert_eq!(refreshed.cookies().len(), 3);
    assert_ne!(cookie(&refreshed, SetCookie::ACCESS).value, access.value);

    let logged_out = server
        .call(Method::POST, "/auth/logout")
        .header("cookie", &cookies)
        .header("origin", ISSUER)
        .send()
        .await;
    logged_out.assert_no_content();
    cookie(&logged_out, SetCookie::REFRESH).assert_cleared();
    cookie(&logged_out, SetCookie::ACCESS).assert_cleared();
}

#[actix_web::test]
async fn who_keeps_tokens_themselves_gets_no_cookie() {
    let server = start().await;
    let tokens = server.register("ada").await;
    let logged_in = server.try_log_in("ada", PASSWORD).await;
    assert!(logged_in.token_cookies().is_empty());
    assert!(server.refresh(&tokens).await.cookies().is_empty());
}

#[actix_web::test]
async fn the_cookie_reads_from_anywhere_and_writes_from_pages_of_ours() {
    let server = start().await;
    let (_, cookies) = register(&server, "ada").await;
    let read = server
        .call(Method::GET, "/auth/me")
        .header("cookie", &cookies)
        .send()
        .await;
    assert_eq!(read.ok()["username"], "ada");

    let writes: [(Method, &str, Value); 4] = [
        (Method::PATCH, "/auth/me", json!({"full_name": "Eve"})),
        (Method::DELETE, "/auth/me", json!({"password": PASSWORD})),
        (
            Method::POST,
            "/auth/password",
            json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD}),
        ),
        (
            Method::DELETE,
            "/auth/sessions/01990000-0000-7000-8000-000000000000",
            Value::Null,
        ),
    ];
    for (method, path, body) in &writes {
        for headers in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
        ] {
            let mut call = server
                .call(method.clone(), path)
                .header("cookie", &cookies)
                .json(body);
            for (name, value) in headers {
                call = call.header(name, value);
            }
            call.send().await.assert_problem(403, "cross_site_request");
        }
    }
    let ours = server
        .call(Method::PATCH, "/auth/me")
        .header("cookie", &cookies)
        .header("sec-fetch-site", "same-origin")
        .json(&json!({"full_name": "Ada"}))
        .send()
        .await;
    assert_eq!(ours.ok()["full_name"], "Ada");
}

#[actix_web::test]
async fn the_access_cookie_alone_logs_out() {
    let server = start().await;
    let (answer, _) = register(&server, "ada").await;
    let access = cookie(&answer, SetCookie::ACCESS);
    let log_out = |site: &'static str| {
        server
            .call(Method::POST, "/auth/logout")
            .header("cookie", &format!("{}={}", access.name, access.value))
            .header("sec-fetch-site", site)
            .send()
    };
    log_out("cross-site")
        .await
        .assert_problem(403, "cross_site_request");
    log_out("same-origin").await.assert_no_content();
    assert_eq!(
        server.database.count("sessions where revoked_at is null"),
        0
    );
}

#[actix_web::test]
async fn a_gateway_that_asks_by_the_cookie_says_what_the_client_wants_to_do() {
    let server = start().await;
    let (_, cookies) = register(&server, "ada").await;
    let verify = async |headers: &[(&str, &str)]| {
        let mut call = server
            .call(Method::GET, "/auth/verify")
            .header("cookie", &cookies);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.send().await
    };
    for name in ["x-original-method", "x-forwarded-method"] {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert_eq!(verify(&[(name, method)]).await.status, 200, "{method}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "get", ""] {
            let unsafe_call = verify(&[(name, method)]).await;
            unsafe_call.assert_problem(403, "cross_site_request");
            let from_our_page = verify(&[(name, method), ("origin", ISSUER)]).await;
            assert_eq!(from_our_page.status, 200, "{method}");
        }
    }
    verify(&[]).await.assert_problem(403, "cross_site_request");
    // A scheme that is not Bearer, which a browser may add by itself, is no token.
    verify(&[
        ("authorization", "Basic eDp4"),
        ("x-original-method", "POST"),
    ])
    .await
    .assert_problem(403, "cross_site_request");
}

#[actix_web::test]
async fn the_header_wins_over_the_cookie() {
    let server = start().await;
    let (_, cookies) = register(&server, "ada").await;
    let grace = server.register("grace").await;
    let answer = server
        .call(Method::GET, "/auth/me")
        .header("cookie", &cookies)
        .bearer(&grace)
        .send()
        .await;
    assert_eq!(answer.ok()["username"], "grace");
    let bad = server
        .call(Method::GET, "/auth/me")
        .header("cookie", &cookies)
        .bearer_token("rubbish")
        .send()
        .await;
    bad.assert_problem(401, "invalid_token");
}

#[actix_web::test]
async fn two_access_cookies_are_one_too_many() {
    let server = start().await;
    let (_, cookies) = register(&server, "ada").await;
    let answer = server
        .call(Method::GET, "/auth/me")
        .header("cookie", &format!("{cookies}; {}=x", SetCookie::ACCESS))
        .send()
        .await;
    answer.assert_problem(400, "invalid_request");
}
