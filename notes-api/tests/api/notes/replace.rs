//! `PUT /notes/{id}`

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Call, TestService, path_of};

fn put(service: &TestService, note: &Value, title: &str) -> Call {
    service
        .call(Method::PUT, &path_of(note))
        .json(&json!({"title": title, "body": "new"}))
}

fn version_of(answer: &Answer) -> &Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    &answer.body["version"]
}

#[actix_web::test]
async fn a_note_is_replaced_as_a_whole() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let answer = put(&service, &note, "Parties").send().await;
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!(answer.header("cache-control"), "private, no-cache");

    let replaced = answer.ok();
    assert_eq!(replaced["title"], "Parties");
    assert_eq!(replaced["body"], "new");
    assert_eq!(replaced["version"], 2);
    assert_eq!(replaced["id"], note["id"]);
    assert_eq!(replaced["created_at"], note["created_at"]);
    assert!(replaced["updated_at"].as_str() > note["updated_at"].as_str());

    assert_eq!(
        service.database().notes(),
        [json!({"owner": "ada", "title": "Parties", "body": "new", "version": 2})]
    );
    assert_eq!(service.get(&path_of(&note)).await.ok(), replaced);
    assert_eq!(service.titles("milk").await, [] as [&str; 0]);
    assert_eq!(service.titles("new").await, ["Parties"]);
}

#[actix_web::test]
async fn preconditions_guard_what_was_written_meanwhile() {
    let service = TestService::start();
    let note = service.create("first", "").await;
    put(&service, &note, "second").send().await.ok();

    for (name, tags) in [
        ("if-match", "\"1\""),
        ("if-match", "W/\"2\""),
        ("if-match", "\"1\", \"3\""),
        ("if-match", "\"02\""),
        ("if-match", "\"x\""),
        ("if-none-match", "*"),
        ("if-none-match", "\"2\""),
        ("if-none-match", "W/\"2\""),
    ] {
        let answer = put(&service, &note, "lost").header(name, tags).send().await;
        answer.assert_problem(412, "precondition_failed");
    }
    for (name, tags) in [
        ("if-match", "2"),
        ("if-match", "*, *"),
        ("if-none-match", ""),
    ] {
        let answer = put(&service, &note, "lost").header(name, tags).send().await;
        answer.assert_problem(400, "malformed_request");
    }
    assert_eq!(
        service.database().notes(),
        [json!({"owner": "ada", "title": "second", "body": "new", "version": 2})]
    );

    for (version, (name, tags)) in (3..).zip([
        ("if-match", "\"2\""),
        ("if-match", "\"1\" , , \"3\""),
        ("if-match", "*"),
        ("if-none-match", "\"4\", \"x\""),
    ]) {
        let answer = put(&service, &note, "next").header(name, tags).send().await;
        assert_eq!(version_of(&answer), version, "{name}: {tags}");
    }
}

/// Each round, sixteen people who saw the same version write at once.
#[actix_web::test]
async fn of_many_that_saw_the_same_version_one_writes() {
    let service = TestService::start();
    let note = service.create("0", "").await;
    for round in 1..=20 {
        let tag = format!("\"{round}\"");
        let rivals = (0..16).map(|rival| {
            let title = format!("{round} by {rival}");
            put(&service, &note, &title).header("if-match", &tag).send()
        });
        let answers = futures_util::future::join_all(rivals).await;

        let (written, refused): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|answer| answer.status == StatusCode::OK);
        assert_eq!(written.len(), 1);
        for answer in refused {
            answer.assert_problem(412, "precondition_failed");
        }
        let kept = service.get(&path_of(&note)).await.ok();
        assert_eq!(kept, written[0].body);
        assert_eq!(kept["version"], round + 1);
    }
}

/// Without a precondition, all of them write, one after the other.
#[actix_web::test]
async fn parallel_writes_without_a_precondition_all_count() {
    let service = TestService::start();
    let note = service.create("0", "").await;
    let writers = (0..16).map(|writer| put(&service, &note, &writer.to_string()).send());
    let answers = futures_util::future::join_all(writers).await;
    let mut versions: Vec<_> = answers
        .iter()
        .map(|answer| version_of(answer).as_i64().unwrap())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=17).collect::<Vec<_>>());
}

#[actix_web::test]
async fn what_is_no_note_is_refused_and_changes_nothing() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let call = |body: &str| {
        service
            .call(Method::PUT, &path_of(&note))
            .body("application/json", body.to_owned())
    };
    let answer = call(r#"{"title": "", "body": "\u0000"}"#).send().await;
    answer.assert_invalid(&[("title", "blank"), ("body", "invalid_character")]);
    for body in [
        r#"{"title": "a"}"#,
        r#"["a", "b"]"#,
        r#"{"title": "a", "body": "", "version": 9}"#,
    ] {
        call(body)
            .send()
            .await
            .assert_problem(400, "malformed_request");
    }
    let long = format!(r#"{{"title": "a", "body": "{}"}}"#, "a".repeat(512 * 1024));
    call(&long)
        .send()
        .await
        .assert_problem(413, "payload_too_large");
    let text = service
        .call(Method::PUT, &path_of(&note))
        .body("text/plain", "{}");
    text.send()
        .await
        .assert_problem(415, "unsupported_media_type");
    assert_eq!(service.get(&path_of(&note)).await.ok(), note);
}

#[actix_web::test]
async fn a_note_that_is_not_there_is_not_made() {
    let service = TestService::start();
    let body = json!({"title": "a", "body": ""});
    for id in ["019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b", "1"] {
        for tag in [None, Some("*"), Some("\"1\"")] {
            let call = service
                .call(Method::PUT, &format!("/notes/{id}"))
                .json(&body);
            let call = match tag {
                Some(tag) => call.header("if-match", tag),
                None => call,
            };
            call.send().await.assert_not_found();
        }
    }
    assert_eq!(service.database().notes(), [] as [Value; 0]);
}
