//! Bodies that cannot be read are refused by every call that takes one, with no work done (R54, R56).

use reqwest::Method;

use super::CALLS_WITH_A_BODY;
use crate::harness::{Call, PASSWORD, TestServer};

/// What is wrong whatever the members are.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("white space", b" \r\n".to_vec()),
        ("half an object", b"{".to_vec()),
        ("no object", b"true".to_vec()),
        ("an array", b"[]".to_vec()),
        ("two objects", b"{}{}".to_vec()),
        ("something behind the object", b"{}\0".to_vec()),
        ("a comma too many", br#"{"scope":"this",}"#.to_vec()),
        ("single quotes", b"{'scope':'this'}".to_vec()),
        ("a comment", b"{/**/}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("UTF-16", utf_16),
        ("no UTF-8", b"{\"username\":\"\xff\"}".to_vec()),
        (
            "UTF-8 that is longer than need be",
            b"{\"username\":\"\xc0\xaf\"}".to_vec(),
        ),
        (
            "a surrogate in UTF-8",
            b"{\"username\":\"\xed\xa0\x80\"}".to_vec(),
        ),
        (
            "half a surrogate pair",
            br#"{"username":"\ud800"}"#.to_vec(),
        ),
        ("half a pair as a name", br#"{"\udc00":"x"}"#.to_vec()),
        ("a bare NUL", b"{\"username\":\"a\0b\"}".to_vec()),
        ("a bare line feed", b"{\"username\":\"a\nb\"}".to_vec()),
        ("no number", br#"{"username":NaN}"#.to_vec()),
        (
            "a number past all bounds",
            br#"{"username":1e999}"#.to_vec(),
        ),
        (
            "a long number",
            format!("{{\"username\":{}}}", "9".repeat(10_000)).into(),
        ),
        (
            "deep arrays",
            format!("{{\"username\":{}", "[".repeat(10_000)).into(),
        ),
        ("deep objects", r#"{"username":"#.repeat(2_500).into()),
        (
            "deep and complete",
            format!(
                "{{\"username\":{}{}}}",
                "[".repeat(10_000),
                "]".repeat(10_000)
            )
            .into(),
        ),
        ("an unknown member", br#"{"__proto__":{}}"#.to_vec()),
        ("an empty name", br#"{"":""}"#.to_vec()),
    ]
}

async fn server_and_calls() -> (TestServer, Vec<(String, impl Fn(&TestServer) -> Call)>) {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let calls = CALLS_WITH_A_BODY.iter().map(move |(method, path)| {
        let tokens = tokens.clone();
        let method: Method = method.parse().unwrap();
        let name = format!("{method} {path}");
        let call = move |server: &TestServer| server.call(method.clone(), path).bearer(&tokens);
        (name, call)
    });
    (server, calls.collect())
}

#[actix_web::test]
async fn what_is_no_json_object_of_known_members_is_malformed() {
    let (server, calls) = server_and_calls().await;
    for (name, call) in &calls {
        for (what, body) in malformed() {
            let answer = call(&server).body("application/json", body).send().await;
            assert_eq!(answer.status, 400, "{name}, {what}: {}", answer.body);
            answer.assert_problem(400, "malformed_request");
        }
    }
    // Nobody was logged out, renamed or deleted.
    server.log_in("ada").await;
    assert_eq!(server.database.count("users"), 1);
    assert_eq!(
        server
            .database
            .count("sessions where revoked_at is not null"),
        0
    );
}

#[actix_web::test]
async fn what_is_not_announced_as_json_is_not_read() {
    let (server, calls) = server_and_calls().await;
    let body = format!(
        r#"{{"username":"eve","email":"eve@example.org","identifier":"ada","password":{PASSWORD:?}}}"#
    );
    for (name, call) in &calls {
        for content_type in [
            "text/plain",
            "text/plain; charset=utf-8",
            "application/jsonp",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/octet-stream",
            "json",
            "application/json, text/plain",
            "*/*",
            "",
        ] {
            let answer = call(&server).body(content_type, body.clone()).send().await;
            assert_eq!(
                answer.status, 415,
                "{name}, {content_type}: {}",
                answer.body
            );
            answer.assert_problem(415, "unsupported_media_type");
        }
    }
    assert_eq!(server.database.count("users"), 1);
}
