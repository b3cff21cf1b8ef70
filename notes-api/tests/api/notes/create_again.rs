//! `POST /notes` with an `Idempotency-Key`: asked for twice, made once.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Call, DOCUMENT, Database, TestService, path_of};

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

fn post(service: &TestService, key: &str, title: &str) -> Call {
    service
        .call(Method::POST, "/notes")
        .header("idempotency-key", key)
        .json(&json!({"title": title, "body": "Milk"}))
}

fn put(service: &TestService, note: &Value, title: &str) -> Call {
    service
        .call(Method::PUT, &path_of(note))
        .json(&json!({"title": title, "body": "Milk"}))
}

/// The note of an answer, which has to be complete.
#[track_caller]
fn created(answer: Answer) -> Value {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.header("location"), path_of(&answer.body));
    let version = &answer.body["version"];
    assert_eq!(answer.header("etag"), format!("\"{version}\""));
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    answer.body
}

#[actix_web::test]
async fn a_repeated_request_is_answered_with_the_note_that_was_made() {
    let service = TestService::start();
    let note = created(post(&service, KEY, "Shopping").send().await);
    assert_eq!(note["version"], 1);
    assert_eq!(
        service
            .database()
            .rows("select owner, title, idempotency_key from notes"),
        [json!({"owner": "ada", "title": "Shopping", "idempotency_key": KEY})]
    );

    let again = created(post(&service, KEY, "Shopping").send().await);
    assert_eq!(again, note);
    assert_eq!(service.titles("").await, ["Shopping"]);
}

/// What the second request brings is not written: its client sees what is there, and goes on from it.
#[actix_web::test]
async fn a_repeated_request_shows_the_note_as_it_is_now_and_changes_nothing() {
    let service = TestService::start();
    let note = created(post(&service, KEY, "Shopping").send().await);
    let replaced = put(&service, &note, "Party").send().await.ok();

    let again = created(post(&service, KEY, "Holiday").send().await);
    assert_eq!(again, replaced);
    assert_eq!(service.get(&path_of(&note)).await.ok(), replaced);

    let on = put(&service, &again, "Holiday").header("if-match", "\"2\"");
    assert_eq!(on.send().await.ok()["version"], 3);
    assert_eq!(service.titles("").await, ["Holiday"]);
}

/// The draft wants quotes, many clients leave them out, and the case of a UUID says nothing.
#[actix_web::test]
async fn a_key_is_the_same_however_it_is_written() {
    let service = TestService::start();
    let note = created(
        post(&service, &format!("\"{KEY}\""), "Shopping")
            .send()
            .await,
    );
    for spelling in [
        KEY.to_owned(),
        KEY.to_uppercase(),
        format!("\"{}\"", KEY.to_uppercase()),
        format!("  \"{KEY}\"\t"),
    ] {
        let again = created(post(&service, &spelling, "Shopping").send().await);
        assert_eq!(again, note, "{spelling:?}");
    }
    assert_eq!(service.titles("").await, ["Shopping"]);
}

#[actix_web::test]
async fn other_keys_and_none_make_other_notes() {
    let service = TestService::start();
    for _ in 0..2 {
        service.create("without", "").await;
        let key = Uuid::now_v7().to_string();
        created(post(&service, &key, "with").send().await);
    }
    assert_eq!(
        service.titles("").await,
        ["with", "without", "with", "without"]
    );
}

/// R25: whether somebody else has used a key cannot be found out with it.
#[actix_web::test]
async fn another_persons_same_key_is_another_key() {
    let service = TestService::start();
    let adas = created(post(&service, KEY, "Ada's").send().await);
    let bobs = post(&service, KEY, "Bob's").bearer(&TestService::token("bob"));
    let bobs = created(bobs.send().await);
    assert_eq!(bobs["title"], "Bob's");
    assert_eq!(bobs["version"], 1);
    assert_ne!(bobs["id"], adas["id"]);
    assert_eq!(service.get(&path_of(&adas)).await.ok(), adas);
    service.get(&path_of(&bobs)).await.assert_not_found();
}

#[actix_web::test]
async fn what_is_not_one_uuid_is_refused() {
    let service = TestService::start();
    let simple = KEY.replace('-', "");
    for key in [
        "",
        "\"\"",
        "1",
        "\"",
        "*",
        &simple,
        &format!("\"{simple}\""),
        &format!("{{{KEY}}}"),
        &format!("urn:uuid:{KEY}"),
        &format!("\"{KEY}"),
        &format!("{KEY}\""),
        &format!("'{KEY}'"),
        &format!("\"\"{KEY}\"\""),
        &format!("\" {KEY}\""),
        &format!("\"{KEY}\";a=1"),
        &format!("\"{KEY}\", \"{KEY}\""),
        &format!("{KEY},{KEY}"),
        &KEY[1..],
        &KEY.replace('8', "g"),
        &KEY.replace('8', "８"),
        "8e03978e40d5-43e8-bc93-6894-a57f9324",
    ] {
        let answer = post(&service, key, "Shopping").send().await;
        assert_eq!(answer.status, 400, "{key:?}: {}", answer.body);
        answer.assert_problem(400, "malformed_request");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("idempotency-key"), "{detail}");
    }
    // Be they the same.
    let twice = post(&service, KEY, "Shopping").header("idempotency-key", KEY);
    twice.send().await.assert_problem(400, "malformed_request");
    assert_eq!(service.database().notes(), [] as [Value; 0]);
}

/// A key stands for a note, not for a request: one that was refused may be mended and sent again.
#[actix_web::test]
async fn a_refused_request_leaves_its_key_unused() {
    let service = TestService::start();
    post(&service, KEY, "")
        .send()
        .await
        .assert_invalid(&[("title", "blank")]);
    let weak = TestService::token_for("ada", "notes:read");
    let refused = post(&service, KEY, "Shopping").bearer(&weak).send().await;
    refused.assert_problem(403, "insufficient_scope");

    let note = created(post(&service, KEY, "Shopping").send().await);
    assert_eq!(note["version"], 1);

    // Nor does what it stands for let anyone past the check.
    let refused = post(&service, KEY, "Shopping").bearer(&weak).send().await;
    refused.assert_problem(403, "insufficient_scope");
    post(&service, KEY, "")
        .send()
        .await
        .assert_invalid(&[("title", "blank")]);
}

/// A key goes with its note, so that nothing is kept of what was deleted.
#[actix_web::test]
async fn the_key_of_a_deleted_note_is_as_good_as_new() {
    let service = TestService::start();
    let note = created(post(&service, KEY, "Shopping").send().await);
    let deleted = service.call(Method::DELETE, &path_of(&note)).send().await;
    deleted.assert_no_content();

    let anew = created(post(&service, KEY, "Shopping").send().await);
    assert_ne!(anew["id"], note["id"]);
    assert_eq!(anew["version"], 1);
    service.get(&path_of(&note)).await.assert_not_found();
}

/// Each round, sixteen requests with one key at two replicas.
#[actix_web::test]
async fn of_many_at_once_one_makes_the_note() {
    let one = TestService::start();
    let other = TestService::start_on_url(&one.database().service_url());
    for round in 1..=20 {
        let key = Uuid::now_v7().to_string();
        let rivals = (0..16).map(|rival| {
            let service = if rival % 2 == 0 { &one } else { &other };
            post(service, &key, &format!("{round} by {rival}")).send()
        });
        let answers = join_all(rivals).await;
        let notes: Vec<_> = answers.into_iter().map(created).collect();
        assert!(notes.iter().all(|note| *note == notes[0]), "{notes:?}");
        assert_eq!(one.get(&path_of(&notes[0])).await.ok(), notes[0]);
        assert_eq!(one.database().notes().len(), round);
    }
}

/// Each round, the note is written over and deleted while the request for it is repeated: every repetition
/// gets a note, and what is left is either nothing or one note that was made anew.
#[actix_web::test]
async fn a_repeated_request_meets_other_writes() {
    let service = TestService::start();
    for _ in 0..30 {
        let note = created(post(&service, KEY, "Shopping").send().await);
        let path = path_of(&note);
        let repeated = join_all((0..6).map(|_| post(&service, KEY, "Shopping").send()));
        let (repeated, replaced, deleted) = tokio::join!(
            repeated,
            put(&service, &note, "Party").send(),
            service.call(Method::DELETE, &path).send(),
        );
        deleted.assert_no_content();
        assert!(matches!(replaced.status.as_u16(), 200 | 404));

        let left = service.database().rows("select id from notes");
        let made: Vec<_> = repeated.into_iter().map(created).collect();
        let anew = made.iter().find(|made| made["id"] != note["id"]);
        match anew {
            None => assert_eq!(left, [] as [Value; 0]),
            Some(anew) => {
                assert_eq!(left, [json!({"id": anew["id"]})]);
                let deleted = service.call(Method::DELETE, &path_of(anew)).send().await;
                deleted.assert_no_content();
            }
        }
    }
}

/// Part B of the requirements: the commit is done, and its acknowledgement lost.
#[actix_web::test]
async fn a_note_whose_answer_was_lost_is_not_made_twice() {
    let database = Database::new();
    let (proxy, url) = database.proxied();
    let service = TestService::start_on_url(&url);
    service.ready().await;
    proxy.lose_reply_to(|sql| sql.starts_with("insert into notes"));
    post(&service, KEY, "Shopping")
        .send()
        .await
        .assert_unavailable();
    assert!(!proxy.is_to_lose());
    let kept = database.rows("select id, title from notes");
    assert_eq!(kept.len(), 1);

    let note = created(post(&service, KEY, "Shopping").send().await);
    assert_eq!(json!({"id": note["id"], "title": note["title"]}), kept[0]);
    assert_eq!(database.notes().len(), 1);
}

#[actix_web::test]
async fn without_a_database_a_repeated_request_is_unavailable_too() {
    let service = TestService::start();
    let note = created(post(&service, KEY, "Shopping").send().await);
    service.database().cut_off();
    post(&service, KEY, "Shopping")
        .send()
        .await
        .assert_unavailable();
    service.database().restore();
    assert_eq!(created(post(&service, KEY, "Shopping").send().await), note);
}

#[test]
fn the_document_has_the_header() {
    let header = &DOCUMENT["paths"]["/notes"]["post"]["parameters"][0];
    assert_eq!(header["name"], "Idempotency-Key");
    assert_eq!(header["in"], "header");
    assert_eq!(header["required"], false);
    assert_eq!(
        header["schema"],
        json!({"type": "string", "format": "uuid"})
    );
}
