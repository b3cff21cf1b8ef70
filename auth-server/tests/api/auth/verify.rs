//! `GET /auth/verify`, and with it how any access token is presented (RFC 6750).

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestServer, claims};

const BARE_CHALLENGE: &str = r#"Bearer realm="auth-server""#;

#[actix_web::test]
async fn a_good_token_is_answered_with_its_claims() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let answer = server
        .call(Method::GET, "/auth/verify")
        .bearer(&tokens)
        .send()
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, claims(&tokens));
    assert_eq!(
        answer.header("x-auth-subject"),
        tokens["user"]["id"].as_str().unwrap()
    );
    assert_eq!(
        answer.header("x-auth-session"),
        tokens["session_id"].as_str().unwrap()
    );
    assert_eq!(answer.header("x-auth-scope"), "notes:read notes:write");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn no_database_is_asked() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server.database.cut_off();
    for _ in 0..3 {
        let answer = server
            .call(Method::GET, "/auth/verify")
            .bearer(&tokens)
            .send()
            .await;
        assert_eq!(answer.status, 200);
    }
    let forged = server
        .call(Method::GET, "/auth/verify")
        .bearer_token("a.b.c")
        .send()
        .await;
    forged.assert_problem(401, "invalid_token");
    server.database.restore();
}

#[actix_web::test]
async fn without_a_token_there_is_a_challenge_and_no_error() {
    let server = TestServer::start().await;
    for path in ["/auth/verify", "/auth/me", "/auth/sessions"] {
        let answer = server.get(path).await;
        answer.assert_problem(401, "missing_token");
        assert_eq!(answer.header("www-authenticate"), BARE_CHALLENGE);
    }
}

#[actix_web::test]
async fn a_token_elsewhere_than_in_the_header_is_no_token() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let token = tokens["access_token"].as_str().unwrap();

    let query = server.get(&format!("/auth/me?access_token={token}")).await;
    let form = server
        .call(Method::GET, "/auth/me")
        .body(
            "application/x-www-form-urlencoded",
            format!("access_token={token}"),
        )
        .send()
        .await;
    let cookie = server
        .call(Method::GET, "/auth/me")
        .header(
            "cookie",
            &format!("__Host-access_token={token}; access_token={token}"),
        )
        .send()
        .await;
    let basic = server
        .call(Method::GET, "/auth/me")
        .header("authorization", &format!("Basic {token}"))
        .send()
        .await;
    for answer in [query, form, cookie, basic] {
        answer.assert_problem(401, "missing_token");
        assert_eq!(answer.header("www-authenticate"), BARE_CHALLENGE);
    }
}

#[actix_web::test]
async fn a_malformed_header_is_a_bad_request() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let token = tokens["access_token"].as_str().unwrap();
    let good = format!("Bearer {token}");
    let cases: [&[&str]; 7] = [
        &[&good, &good],
        &[&good, "Bearer x"],
        &["Bearer"],
        &["Bearer "],
        &[&format!("Bearer {token} {token}")],
        &[&format!("Bearer {token},{token}")],
        &[&format!("Bearer \"{token}\"")],
    ];
    for lines in cases {
        for path in ["/auth/verify", "/auth/me"] {
            let mut call = server.call(Method::GET, path);
            for line in lines {
                call = call.header("authorization", line);
            }
            let answer = call.send().await;
            answer.assert_problem(400, "invalid_request");
            assert!(
                answer
                    .header("www-authenticate")
                    .starts_with(&format!(r#"{BARE_CHALLENGE}, error="invalid_request""#))
            );
        }
    }
}

#[actix_web::test]
async fn the_scheme_is_read_in_any_case() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = server
            .call(Method::GET, "/auth/me")
            .header(
                "authorization",
                &format!("{scheme} {}", tokens["access_token"].as_str().unwrap()),
            )
            .send()
            .await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

#[actix_web::test]
async fn a_bad_token_is_answered_with_the_reason() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let token = tokens["access_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    for bad in [
        "x".to_owned(),
        "a.b.c".to_owned(),
        format!("{signed}."),
        format!("{signed}.{}", signature.chars().rev().collect::<String>()),
        format!("{token}.{signature}"),
        ".".repeat(5_000),
        "A".repeat(20_000),
    ] {
        for path in ["/auth/verify", "/auth/me"] {
            let answer = server
                .call(Method::GET, path)
                .bearer_token(&bad)
                .send()
                .await;
            answer.assert_problem(401, "invalid_token");
            let challenge = answer.header("www-authenticate");
            assert!(
                challenge.starts_with(&format!(r#"{BARE_CHALLENGE}, error="invalid_token""#)),
                "{challenge}"
            );
            assert!(!answer.body.to_string().contains(&bad) || bad == "x");
        }
    }
    assert_eq!(json!(tokens["token_type"]), "Bearer");
}
