//! `GET /notes/{id}`

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{Answer, TestService, path_of};

async fn get(service: &TestService, note: &Value, headers: &[(&str, &str)]) -> Answer {
    let call = service.call(Method::GET, &path_of(note));
    let call = headers
        .iter()
        .fold(call, |call, (name, value)| call.header(name, value));
    call.send().await
}

#[actix_web::test]
async fn a_note_comes_with_its_entity_tag() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let answer = get(&service, &note, &[]).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.ok(), note);
}

#[actix_web::test]
async fn a_note_that_the_client_has_is_not_sent_again() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    for tags in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let answer = get(&service, &note, &[("if-none-match", tags)]).await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{tags}");
        assert_eq!(answer.body, Value::Null);
        assert_eq!(answer.header("etag"), "\"1\"");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
    }
    for tags in ["\"2\"", "\"\"", "\"01\"", "W/\"x\", \"y\""] {
        let answer = get(&service, &note, &[("if-none-match", tags)]).await;
        assert_eq!(answer.ok(), note, "{tags}");
    }
}

#[actix_web::test]
async fn other_preconditions_are_honoured_too() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let answer = get(&service, &note, &[("if-match", "\"1\"")]).await;
    assert_eq!(answer.ok(), note);
    let answer = get(&service, &note, &[("if-match", "\"2\"")]).await;
    answer.assert_problem(412, "precondition_failed");
    for (name, value) in [
        ("if-none-match", "1"),
        ("if-match", "\"1"),
        ("if-match", "*, \"1\""),
    ] {
        let answer = get(&service, &note, &[(name, value)]).await;
        answer.assert_problem(400, "malformed_request");
    }
}

#[actix_web::test]
async fn an_id_that_is_no_notes_is_not_found() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let id = note["id"].as_str().unwrap();
    let unknown = id.replace(&id[..8], "00000000");
    let simple = id.replace('-', "");
    for id in [
        unknown.as_str(),
        &simple,
        "1",
        "%00",
        "%ff",
        "a%2Fb",
        "..%2f",
        "%27",
        "*",
        "null",
        "00000000-0000-0000-0000-00000000000g",
    ] {
        for tag in [None, Some("\"1\""), Some("*")] {
            let call = service.call(Method::GET, &format!("/notes/{id}"));
            let call = match tag {
                Some(tag) => call.header("if-none-match", tag),
                None => call,
            };
            call.send().await.assert_not_found();
        }
    }
}

#[actix_web::test]
async fn head_is_get_without_the_body() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let whole = get(&service, &note, &[]).await;
    let head = service.call(Method::HEAD, &path_of(&note)).send().await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.body, Value::Null);
    for name in ["etag", "cache-control", "content-type", "content-length"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
}
