//! `POST /notes`

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, TestService, names, path_of};

async fn post(service: &TestService, body: &Value) -> Answer {
    service.call(Method::POST, "/notes").json(body).send().await
}

#[actix_web::test]
async fn a_note_is_written_and_shown() {
    let service = TestService::start();
    let answer = post(
        &service,
        &json!({"title": "Shopping", "body": "Milk\n\teggs"}),
    )
    .await;

    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("location"), path_of(&answer.body));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let note = answer.body;
    assert_eq!(
        names(note.as_object().unwrap()),
        ["body", "created_at", "id", "title", "updated_at", "version"]
    );
    assert_eq!(note["title"], "Shopping");
    assert_eq!(note["body"], "Milk\n\teggs");
    assert_eq!(note["version"], 1);
    assert_eq!(note["created_at"], note["updated_at"]);
    assert!(note["created_at"].as_str().unwrap().ends_with('Z'));

    assert_eq!(
        service.database().notes(),
        [json!({"owner": "ada", "title": "Shopping", "body": "Milk\n\teggs", "version": 1})]
    );
    assert_eq!(service.get(&path_of(&note)).await.ok(), note);
}

#[actix_web::test]
async fn a_note_is_kept_to_the_letter_up_to_the_longest() {
    let service = TestService::start();
    let contents = [
        ("a".to_owned(), String::new()),
        (
            "  spaces  ".to_owned(),
            "\u{1}\u{7f}\r\n\u{2028}\u{feff}".to_owned(),
        ),
        (
            "e\u{301} not é".to_owned(),
            "'; drop table notes; -- \\ \" %".to_owned(),
        ),
        ("🦀".repeat(200), "🦀".repeat(100_000)),
        ("ẞ".repeat(200), words_of_four_bytes()),
    ];
    for (title, body) in contents {
        let note = service.create(&title, &body).await;
        let shown = service.get(&path_of(&note)).await.ok();
        assert_eq!(shown["title"], title);
        assert_eq!(shown["body"], body);
    }
}

/// The text with the largest search column: as many different words as there is room for, of
/// letters that take four bytes.
fn words_of_four_bytes() -> String {
    let letter = |index: usize| char::from_u32(0x2_0000 + u32::try_from(index).unwrap()).unwrap();
    let words = (0..33_333).flat_map(|word| [letter(word / 200), letter(word % 200), ' ']);
    words.collect()
}

/// R56: whatever a person writes is kept as it is, or refused for a reason.
#[actix_web::test]
async fn any_text_is_kept_or_refused() {
    let service = TestService::start();
    let mut runner = TestRunner::deterministic();
    let contents = ("\\PC{0,210}", "(?s).{0,200}");
    let mut kept = 0;
    for _ in 0..200 {
        let (title, body) = contents.new_tree(&mut runner).unwrap().current();
        let content = json!({"title": title, "body": body});
        let answer = post(&service, &content).await;
        if answer.status == StatusCode::CREATED {
            assert_eq!(
                json!({"title": answer.body["title"], "body": answer.body["body"]}),
                content
            );
            kept += 1;
        } else {
            answer.assert_problem(422, "validation_failed");
        }
    }
    assert!((1..200).contains(&kept), "{kept} of 200");
}

#[actix_web::test]
async fn what_is_no_note_is_refused_field_by_field() {
    let service = TestService::start();
    let long = "a".repeat(201);
    let longer = "a".repeat(100_001);
    let cases = [
        (json!({"title": "", "body": ""}), &[("title", "blank")][..]),
        (
            json!({"title": " \u{a0}", "body": ""}),
            &[("title", "blank")],
        ),
        (json!({"title": long, "body": ""}), &[("title", "too_long")]),
        (
            json!({"title": "a\nb", "body": ""}),
            &[("title", "invalid_character")],
        ),
        (
            json!({"title": "a\0", "body": ""}),
            &[("title", "invalid_character")],
        ),
        (
            json!({"title": "a", "body": "a\0b"}),
            &[("body", "invalid_character")],
        ),
        (
            json!({"title": "a", "body": longer}),
            &[("body", "too_long")],
        ),
        (
            json!({"title": "", "body": "\0"}),
            &[("title", "blank"), ("body", "invalid_character")],
        ),
    ];
    for (body, expected) in cases {
        post(&service, &body).await.assert_invalid(expected);
    }
    assert_eq!(service.database().notes(), [] as [Value; 0]);
}

#[actix_web::test]
async fn a_body_that_is_no_such_object_is_refused() {
    let service = TestService::start();
    let bodies = [
        "",
        "{",
        "null",
        "\"a\"",
        "[\"title\", \"body\"]",
        "{}",
        r#"{"title": "a"}"#,
        r#"{"title": "a", "body": null}"#,
        r#"{"title": 1, "body": "b"}"#,
        r#"{"title": "a", "body": ["b"]}"#,
        r#"{"title": "a", "body": "b", "owner": "bob"}"#,
        r#"{"title": "a", "body": "b", "id": "1"}"#,
        r#"{"title": "a", "body": "b", "title": "c"}"#,
        r#"{"title": "a", "body": "b"} {}"#,
        r#"{"title": "\ud800", "body": "b"}"#,
        r#"{'title': "a", "body": "b"}"#,
    ];
    for body in bodies {
        let call = service.call(Method::POST, "/notes");
        let answer = call.body("application/json", body).send().await;
        answer.assert_problem(400, "malformed_request");
    }
    let not_utf8 = b"{\"title\": \"a\xff\", \"body\": \"b\"}".as_slice();
    let call = service.call(Method::POST, "/notes");
    let answer = call.body("application/json", not_utf8).send().await;
    answer.assert_problem(400, "malformed_request");
    let deep = format!(r#"{{"title": "a", "body": {}"#, "[".repeat(100_000));
    let call = service.call(Method::POST, "/notes");
    let answer = call.body("application/json", deep).send().await;
    answer.assert_problem(400, "malformed_request");
    assert_eq!(service.database().notes(), [] as [Value; 0]);
}

/// Longer than the service reads, whether the length is announced or not.
#[actix_web::test]
async fn a_body_that_is_too_long_is_refused() {
    let service = TestService::start();
    let body = format!(r#"{{"title": "a", "body": "{}"}}"#, "a".repeat(512 * 1024));
    let call = service.call(Method::POST, "/notes");
    let answer = call.body("application/json", body.clone()).send().await;
    answer.assert_problem(413, "payload_too_large");

    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = body
        .as_bytes()
        .chunks(64 * 1024)
        .map(|chunk| Ok(chunk.to_vec()))
        .collect();
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let call = service.call(Method::POST, "/notes");
    let answer = call.body("application/json", chunked).send().await;
    answer.assert_problem(413, "payload_too_large");
    assert_eq!(service.database().notes(), [] as [Value; 0]);
}

#[actix_web::test]
async fn a_body_has_to_be_announced_as_json() {
    let service = TestService::start();
    let note = r#"{"title": "a", "body": "b"}"#;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "rubbish",
        "",
    ] {
        let call = service
            .call(Method::POST, "/notes")
            .body(content_type, note);
        call.send()
            .await
            .assert_problem(415, "unsupported_media_type");
    }
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
    ] {
        let call = service
            .call(Method::POST, "/notes")
            .body(content_type, note);
        assert_eq!(
            call.send().await.status,
            StatusCode::CREATED,
            "{content_type}"
        );
    }
}
