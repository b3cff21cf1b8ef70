//! What is no registration.

use auth_server::http::BODY_LIMIT;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, TestServer, registration};

#[actix_web::test]
async fn all_fields_that_are_wrong_are_named_at_once() {
    let server = TestServer::start().await;
    let answer = server
        .post(
            "/auth/register",
            &json!({"username": "a b", "email": "nowhere", "password": "short", "full_name": "\u{7}"}),
        )
        .await;
    answer.assert_invalid(&[
        ("username", "invalid"),
        ("email", "invalid"),
        ("full_name", "invalid"),
        ("password", "length"),
    ]);
    assert!(!answer.body.to_string().contains("nowhere"));
    assert!(!answer.body.to_string().contains("short"));
}

#[actix_web::test]
async fn each_field_has_its_bounds() {
    let server = TestServer::start().await;
    let long_email = format!("{}@{}.example", "a".repeat(64), "b".repeat(63));
    let cases: &[(&str, Value, Option<&str>)] = &[
        ("username", json!("ab"), Some("invalid")),
        ("username", json!("a".repeat(32)), None),
        ("username", json!("a".repeat(33)), Some("invalid")),
        ("username", json!("_.-"), None),
        ("username", json!(""), Some("invalid")),
        ("username", json!("ada\u{0}"), Some("invalid")),
        ("username", json!(" ada"), Some("invalid")),
        ("username", json!("ada@example.org"), Some("invalid")),
        ("email", json!(""), Some("invalid")),
        ("email", json!(long_email), None),
        (
            "email",
            json!(format!("{}@example.org", "a".repeat(65))),
            Some("invalid"),
        ),
        ("email", json!("ada@example"), Some("invalid")),
        ("email", json!("ada\u{0}@example.org"), Some("invalid")),
        (
            "email",
            json!("ada@example.org\r\nBcc: x@example.org"),
            Some("invalid"),
        ),
        ("full_name", json!(""), Some("invalid")),
        ("full_name", json!("é".repeat(200)), None),
        ("full_name", json!("é".repeat(201)), Some("invalid")),
        ("full_name", json!("Ada\u{0}"), Some("invalid")),
        ("full_name", json!("<script>alert(1)</script>"), None),
        ("full_name", Value::Null, None),
    ];
    for (number, (field, value, refused)) in cases.iter().enumerate() {
        let mut body = registration(&format!("person{number}"));
        body[field] = value.clone();
        let answer = server.post("/auth/register", &body).await;
        match refused {
            None => assert_eq!(answer.status, 201, "{field} {value}: {}", answer.body),
            Some(code) => answer.assert_invalid(&[(field, code)]),
        }
    }
}

#[actix_web::test]
async fn a_body_that_is_no_registration_is_refused_without_repeating_it() {
    let server = TestServer::start().await;
    let whole = registration("ada").to_string();
    let inside = whole.trim_start_matches('{').trim_end_matches('}');
    for body in [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("[{whole}]"),
        r#"["ada","ada@example.org","correct horse battery staple",null,"body"]"#.to_owned(),
        format!("{whole}{whole}"),
        format!(r#"{{{inside},"admin":true}}"#),
        format!(r#"{{{inside},"username":"eve"}}"#),
        format!(r#"{{{inside},"password":"canary-canary"}}"#),
        whole.replace(r#""ada""#, "7"),
        whole.replace(r#""ada""#, r#"["ada"]"#),
        whole.replace(r#""ada""#, "null"),
        whole.replace(r#""body""#, r#""canary-canary""#),
        whole.replace(&format!("{PASSWORD:?}"), r#"{"canary-canary":1}"#),
        whole.replace(r#""ada""#, r#""\ud800""#),
        "[".repeat(5_000),
        format!(r#"{{"username":{}"#, "[".repeat(5_000)),
    ] {
        let answer = server
            .call(reqwest::Method::POST, "/auth/register")
            .body("application/json", body.clone())
            .send()
            .await;
        answer.assert_problem(400, "malformed_request");
        assert!(
            !answer.body.to_string().contains("canary"),
            "{}",
            answer.body
        );
    }
    assert_eq!(server.database.count("users"), 0);
}

#[actix_web::test]
async fn a_body_that_is_not_utf_8_is_refused() {
    let server = TestServer::start().await;
    let answer = server
        .call(reqwest::Method::POST, "/auth/register")
        .body("application/json", b"{\"username\":\"\xff\"}".to_vec())
        .send()
        .await;
    answer.assert_problem(400, "malformed_request");
}

#[actix_web::test]
async fn only_what_is_announced_as_json_is_read() {
    let server = TestServer::start().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "nonsense",
    ] {
        let answer = server
            .call(reqwest::Method::POST, "/auth/register")
            .body(content_type, registration("ada").to_string())
            .send()
            .await;
        answer.assert_problem(415, "unsupported_media_type");
    }
    let answer = server
        .call(reqwest::Method::POST, "/auth/register")
        .body(
            "application/json; charset=utf-8",
            registration("ada").to_string(),
        )
        .send()
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[actix_web::test]
async fn a_body_past_its_limit_is_refused() {
    let server = TestServer::start().await;
    let padded = |length: usize| {
        let body = registration("ada").to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let call = |body: String| {
        server
            .call(reqwest::Method::POST, "/auth/register")
            .body("application/json", body)
            .send()
    };
    call(padded(BODY_LIMIT + 1))
        .await
        .assert_problem(413, "payload_too_large");
    assert_eq!(call(padded(BODY_LIMIT)).await.status, 201);
}
