//! Bodies that cannot be read, wherever a note is written (R54, R56).

use reqwest::Method;

use crate::harness::{TestService, path_of};

/// What is wrong whatever the members are.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let whole = r#"{"title":"a","body":"b"}"#;
    let utf_16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("white space", b" \r\n".to_vec()),
        ("two objects", format!("{whole}{whole}").into()),
        ("something behind it", format!("{whole}\0").into()),
        ("a byte order mark", format!("\u{feff}{whole}").into()),
        ("UTF-16", utf_16),
        ("a comma too many", br#"{"title":"a","body":"b",}"#.to_vec()),
        (
            "UTF-8 that is longer than need be",
            b"{\"title\":\"\xc0\xaf\",\"body\":\"b\"}".to_vec(),
        ),
        (
            "a surrogate in UTF-8",
            b"{\"title\":\"\xed\xa0\x80\",\"body\":\"b\"}".to_vec(),
        ),
        ("half a pair", br#"{"title":"a","body":"\udc00"}"#.to_vec()),
        ("a bare NUL", b"{\"title\":\"a\",\"body\":\"\0\"}".to_vec()),
        (
            "a number past all bounds",
            br#"{"title":"a","body":1e999}"#.to_vec(),
        ),
        (
            "deep and complete",
            format!(
                r#"{{"title":"a","body":{}{}}}"#,
                "[".repeat(10_000),
                "]".repeat(10_000)
            )
            .into(),
        ),
        ("deep objects", r#"{"title":"#.repeat(10_000).into()),
        (
            "a name twice",
            br#"{"title":"a","body":"b","b\u006fdy":"c"}"#.to_vec(),
        ),
        (
            "an unknown member",
            br#"{"title":"a","body":"b","":""}"#.to_vec(),
        ),
    ]
}

#[actix_web::test]
async fn neither_a_new_note_nor_a_new_version_comes_of_what_cannot_be_read() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let before = service.database().notes();
    for (method, path) in [
        (Method::POST, "/notes".to_owned()),
        (Method::PUT, path_of(&note)),
    ] {
        for (what, body) in malformed() {
            let call = service.call(method.clone(), &path);
            let answer = call.body("application/json", body).send().await;
            assert_eq!(answer.status, 400, "{method}, {what}: {}", answer.body);
            answer.assert_problem(400, "malformed_request");
        }
        for content_type in [
            "text/plain; charset=utf-8",
            "application/json, text/plain",
            "*/*",
            "",
        ] {
            let call = service.call(method.clone(), &path);
            let answer = call.body(content_type, r#"{"title":"a","body":"b"}"#);
            let answer = answer.send().await;
            assert_eq!(answer.status, 415, "{method}, {content_type}");
            answer.assert_problem(415, "unsupported_media_type");
        }
    }
    assert_eq!(service.database().notes(), before);
}
