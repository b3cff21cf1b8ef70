//! R25: a note is its owner's, and for everyone else it does not exist.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestService, path_of, titles};

/// Everything that Bob can try with a note, as he sees it.
async fn tries(service: &TestService, path: &str) -> Vec<Answer> {
    let bob = TestService::token("bob");
    let content = json!({"title": "Bob's now", "body": ""});
    let invalid = json!({"title": "", "body": ""});
    let mut answers = Vec::new();
    for (header, value) in [
        ("accept", "*/*"),
        ("if-match", "*"),
        ("if-match", "\"1\""),
        ("if-match", "\"2\""),
        ("if-none-match", "*"),
        ("if-none-match", "\"1\""),
    ] {
        for (method, body) in [
            (Method::GET, None),
            (Method::HEAD, None),
            (Method::PUT, Some(&content)),
            (Method::PUT, Some(&invalid)),
            (Method::DELETE, None),
        ] {
            let call = service
                .anonymous(method, path)
                .bearer(&bob)
                .header(header, value);
            let call = match body {
                Some(body) => call.json(body),
                None => call,
            };
            answers.push(call.send().await);
        }
    }
    answers
}

#[actix_web::test]
async fn someone_elses_note_is_like_one_that_never_was() {
    let service = TestService::start();
    let adas = service.create("Ada's", "secret").await;
    let bobs = service.create_as("bob", "Bob's", "").await;
    let before = service.database().notes();

    let someone_elses = tries(&service, &path_of(&adas)).await;
    let unknown = tries(&service, "/notes/019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b").await;
    let malformed = tries(&service, "/notes/x").await;
    for ((one, other), third) in someone_elses.iter().zip(&unknown).zip(&malformed) {
        assert!(one.status == 404 || one.status == 422, "{}", one.body);
        for other in [other, third] {
            assert_eq!(one.status, other.status);
            assert_eq!(one.problem_but_for_its_id(), other.problem_but_for_its_id());
            let names = |answer: &Answer| {
                let names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
                names
            };
            assert_eq!(names(one), names(other));
        }
    }

    assert_eq!(service.database().notes(), before);
    assert_eq!(service.get(&path_of(&adas)).await.ok(), adas);
    service.get(&path_of(&bobs)).await.assert_not_found();
}

#[actix_web::test]
async fn lists_and_searches_show_ones_own_notes_only() {
    let service = TestService::start();
    for number in 0..5 {
        service.create(&format!("a{number}"), "shared word").await;
        service
            .create_as("bob", &format!("b{number}"), "shared word")
            .await;
    }
    let listed = async |person: &str, query: &[(&str, &str)]| -> Value {
        let call = service.anonymous(Method::GET, "/notes").query(query);
        call.bearer(&TestService::token(person)).send().await.ok()
    };
    for query in [&[][..], &[("query", "shared")]] {
        assert_eq!(
            titles(&listed("ada", query).await),
            ["a4", "a3", "a2", "a1", "a0"]
        );
        assert_eq!(
            titles(&listed("bob", query).await),
            ["b4", "b3", "b2", "b1", "b0"]
        );
        assert_eq!(titles(&listed("eve", query).await), [] as [&str; 0]);
    }

    // A cursor is a place, no permission: Ada's leads Bob to his own notes.
    let adas = listed("ada", &[("limit", "2")]).await;
    let cursor = adas["next_cursor"].as_str().unwrap();
    assert_eq!(
        titles(&listed("bob", &[("cursor", cursor)]).await),
        ["b2", "b1", "b0"]
    );
}

#[actix_web::test]
async fn the_owner_is_the_tokens_subject_and_nothing_else() {
    let service = TestService::start();
    let call = service
        .call(Method::POST, "/notes")
        .header("x-auth-subject", "bob")
        .header("x-forwarded-user", "bob")
        .json(&json!({"title": "mine", "body": ""}));
    assert_eq!(call.send().await.status, 201);
    let notes = service.database().notes();
    assert_eq!(notes[0]["owner"], "ada");
    // Close is not equal.
    for other in ["Ada", "ada ", "adа", "a"] {
        let call = service
            .anonymous(Method::GET, "/notes")
            .bearer(&TestService::token(other));
        assert_eq!(call.send().await.ok()["notes"], json!([]), "{other:?}");
    }
}
