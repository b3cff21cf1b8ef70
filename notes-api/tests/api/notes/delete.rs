//! `DELETE /notes/{id}`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Call, TestService, path_of};

fn delete(service: &TestService, note: &Value) -> Call {
    service.call(Method::DELETE, &path_of(note))
}

#[actix_web::test]
async fn a_deleted_note_is_gone() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let other = service.create("Other", "").await;
    delete(&service, &note).send().await.assert_no_content();

    service.get(&path_of(&note)).await.assert_not_found();
    delete(&service, &note).send().await.assert_not_found();
    assert_eq!(service.titles("").await, ["Other"]);
    assert_eq!(service.get(&path_of(&other)).await.ok(), other);
}

#[actix_web::test]
async fn preconditions_guard_what_was_written_meanwhile() {
    let service = TestService::start();
    let note = service.create("first", "").await;
    let replace = service
        .call(Method::PUT, &path_of(&note))
        .json(&json!({"title": "second", "body": ""}));
    replace.send().await.ok();

    for (name, tags) in [
        ("if-match", "\"1\""),
        ("if-match", "W/\"2\""),
        ("if-none-match", "*"),
        ("if-none-match", "\"1\", \"2\""),
    ] {
        let answer = delete(&service, &note).header(name, tags).send().await;
        answer.assert_problem(412, "precondition_failed");
    }
    let answer = delete(&service, &note).header("if-match", "2").send().await;
    answer.assert_problem(400, "malformed_request");
    assert_eq!(service.titles("").await, ["second"]);

    let answer = delete(&service, &note)
        .header("if-match", "\"1\", \"2\"")
        .send()
        .await;
    answer.assert_no_content();
    assert_eq!(service.titles("").await, [] as [&str; 0]);

    let answer = delete(&service, &note)
        .header("if-match", "\"2\"")
        .send()
        .await;
    answer.assert_not_found();
}

#[actix_web::test]
async fn of_many_that_delete_one_does() {
    let service = TestService::start();
    let note = service.create("Shopping", "").await;
    let rivals = (0..16).map(|_| delete(&service, &note).header("if-match", "\"1\"").send());
    let answers = futures_util::future::join_all(rivals).await;
    let (deleted, missed): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 204);
    assert_eq!(deleted.len(), 1);
    for answer in missed {
        answer.assert_not_found();
    }
}

#[actix_web::test]
async fn an_id_that_is_no_notes_is_not_found() {
    let service = TestService::start();
    for id in ["019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b", "1", "%00"] {
        let call = service.call(Method::DELETE, &format!("/notes/{id}"));
        call.send().await.assert_not_found();
    }
}
