//! Usernames and e-mail addresses belong to one person, whatever their spelling.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, TestServer, registration};

fn person(username: &str, email: &str) -> Value {
    json!({"username": username, "email": email, "password": PASSWORD})
}

#[actix_web::test]
async fn a_username_is_taken_in_any_spelling() {
    let server = TestServer::start().await;
    server.register("ada").await;
    for username in ["ada", "Ada", "ADA"] {
        let answer = server
            .post("/auth/register", &person(username, "other@example.org"))
            .await;
        answer.assert_problem(409, "username_taken");
        assert!(answer.cookies().is_empty());
    }
    assert_eq!(server.database.count("users"), 1);
    assert_eq!(server.database.count("sessions"), 1);
}

#[actix_web::test]
async fn an_email_address_is_taken_in_any_spelling_that_reaches_the_same_mailbox() {
    let server = TestServer::start().await;
    let spellings = [
        ("ada@example.org", "ADA@EXAMPLE.ORG"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--strae-oqa.example", "ada@STRAßE.example"),
        ("ada@kelvin.example", "ada@\u{212A}elvin.example"),
        ("ada@full.example", "ada@ｆｕｌｌ．example"),
        ("ada@soft.example", "ada@so\u{AD}ft.example"),
    ];
    for (number, (first, second)) in spellings.into_iter().enumerate() {
        let answer = server
            .post("/auth/register", &person(&format!("first{number}"), first))
            .await;
        assert_eq!(answer.status, 201, "{first}: {}", answer.body);
        let answer = server
            .post(
                "/auth/register",
                &person(&format!("second{number}"), second),
            )
            .await;
        answer.assert_problem(409, "email_taken");
    }
}

#[actix_web::test]
async fn a_look_alike_of_an_email_address_is_no_address() {
    let server = TestServer::start().await;
    server.register("mike").await;
    for email in [
        "m\u{131}ke@example.org",
        "m\u{130}ke@example.org",
        "mi\u{212A}e@example.org",
        "ｍike@example.org",
        "m\u{456}ke@example.org",
    ] {
        let answer = server.post("/auth/register", &person("other", email)).await;
        answer.assert_invalid(&[("email", "invalid")]);
    }
    let answer = server
        .post("/auth/register", &person("m\u{131}ke", "other@example.org"))
        .await;
    answer.assert_invalid(&[("username", "invalid")]);
}

#[actix_web::test]
async fn of_parallel_registrations_of_a_name_one_wins() {
    let server = TestServer::start().await;
    let same_username: Vec<Value> = (0..6)
        .map(|number| person("ada", &format!("ada{number}@example.org")))
        .collect();
    let same_email: Vec<Value> = (0..6)
        .map(|number| person(&format!("grace{number}"), "grace@example.org"))
        .collect();
    for (bodies, code) in [
        (same_username, "username_taken"),
        (same_email, "email_taken"),
    ] {
        let calls = bodies
            .iter()
            .map(|body| server.post("/auth/register", body));
        let (created, refused): (Vec<_>, Vec<_>) = join_all(calls)
            .await
            .into_iter()
            .partition(|answer| answer.status == 201);
        assert_eq!(created.len(), 1);
        for answer in refused {
            answer.assert_problem(409, code);
        }
    }
    assert_eq!(server.database.count("users"), 2);
    assert_eq!(server.database.count("sessions"), 2);
    assert_eq!(server.database.events(), ["registered", "registered"]);
}

#[actix_web::test]
async fn the_same_registration_twice_at_once_is_one_registration() {
    let server = TestServer::start().await;
    let body = registration("ada");
    let answers = join_all((0..6).map(|_| server.post("/auth/register", &body))).await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    assert_eq!(server.database.count("users"), 1);
}
