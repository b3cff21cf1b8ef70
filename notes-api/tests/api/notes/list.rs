//! `GET /notes`, page by page

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestService, names, path_of, titles};

async fn list(service: &TestService, parameters: &[(&str, &str)]) -> Answer {
    service
        .call(Method::GET, "/notes")
        .query(parameters)
        .send()
        .await
}

async fn page(service: &TestService, limit: &str, cursor: Option<&str>) -> Value {
    let mut parameters = vec![("limit", limit)];
    parameters.extend(cursor.map(|cursor| ("cursor", cursor)));
    list(service, &parameters).await.ok()
}

#[actix_web::test]
async fn notes_are_listed_whole_and_the_newest_first() {
    let service = TestService::start();
    let empty = list(&service, &[]).await;
    assert_eq!(empty.header("cache-control"), "private, no-cache");
    assert_eq!(empty.ok(), json!({"notes": [], "next_cursor": null}));

    let first = service.create("first", "one").await;
    let second = service.create("second", "two").await;
    let answer = list(&service, &[]).await.ok();
    assert_eq!(
        answer,
        json!({"notes": [second, first], "next_cursor": null})
    );
    assert_eq!(names(answer.as_object().unwrap()), ["next_cursor", "notes"]);
}

#[actix_web::test]
async fn a_page_has_twenty_notes_unless_asked_otherwise() {
    let service = TestService::start();
    for number in 0..101 {
        service.create(&number.to_string(), "").await;
    }
    let sizes = [
        (None, 20),
        (Some("1"), 1),
        (Some("99"), 99),
        (Some("100"), 100),
    ];
    for (limit, expected) in sizes {
        let parameters: Vec<_> = limit.map(|limit| ("limit", limit)).into_iter().collect();
        let page = list(&service, &parameters).await.ok();
        assert_eq!(titles(&page).len(), expected);
        assert!(page["next_cursor"].is_string());
    }
    let rest = page(
        &service,
        "100",
        page(&service, "1", None).await["next_cursor"].as_str(),
    )
    .await;
    assert_eq!(titles(&rest).len(), 100);
    assert_eq!(rest["next_cursor"], Value::Null);
}

/// Notes that were there all the time are seen once each, whatever comes and goes meanwhile: ahead
/// of the walk, behind it, and the very note that the cursor was made of.
#[actix_web::test]
async fn a_walk_misses_and_repeats_nothing_while_notes_come_and_go() {
    let service = TestService::start();
    let mut going = Vec::new();
    for number in 0..60 {
        let note = service.create(&number.to_string(), "").await;
        if !stays(number) {
            going.push(note);
        }
    }
    let mut seen: Vec<u32> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = page(&service, "7", cursor.as_deref()).await;
        seen.extend(
            titles(&page)
                .iter()
                .map(|title| title.parse::<u32>().unwrap()),
        );
        service.create("100", "").await;
        let last = page["notes"].as_array().unwrap().last().cloned();
        let last = last.filter(|_| !stays(*seen.last().unwrap()));
        for note in going.pop().into_iter().chain(last) {
            // It may be gone already.
            service.call(Method::DELETE, &path_of(&note)).send().await;
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert!(seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
    assert!(!seen.contains(&100));
    assert!(
        (0..60)
            .filter(|number| stays(*number))
            .all(|number| seen.contains(&number))
    );
}

fn stays(number: u32) -> bool {
    !number.is_multiple_of(3)
}

#[actix_web::test]
async fn a_page_of_long_notes_ends_early() {
    let service = TestService::start();
    // 400,000 bytes each: two of them are less than a mebibyte, three are more.
    let body = "🦀".repeat(100_000);
    for number in 0..5 {
        service.create(&number.to_string(), &body).await;
    }
    let first = page(&service, "100", None).await;
    assert_eq!(titles(&first), ["4", "3"]);
    let second = page(&service, "100", first["next_cursor"].as_str()).await;
    assert_eq!(titles(&second), ["2", "1"]);
    let third = page(&service, "100", second["next_cursor"].as_str()).await;
    assert_eq!(titles(&third), ["0"]);
    assert_eq!(third["next_cursor"], Value::Null);
    assert!(third["notes"][0]["body"] == body.as_str());
}

#[actix_web::test]
async fn parameters_out_of_bounds_are_refused_by_name() {
    let service = TestService::start();
    let long = "a".repeat(201);
    let cases = [
        ("limit", "0", "out_of_range"),
        ("limit", "101", "out_of_range"),
        ("limit", "-1", "out_of_range"),
        ("limit", "20.0", "out_of_range"),
        ("limit", "", "out_of_range"),
        ("limit", "99999999999999999999", "out_of_range"),
        ("limit", "twenty", "out_of_range"),
        ("cursor", "", "invalid"),
        ("cursor", "a", "invalid"),
        ("cursor", "AAAAAAAAAAAAAAAAAAAAAA==", "invalid"),
        ("cursor", "AAAAAAAAAAAAAAAAAAAAAB", "invalid"),
        ("cursor", "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b", "invalid"),
        ("cursor", "' or 1=1 --", "invalid"),
        ("query", &long, "too_long"),
    ];
    for (name, value, code) in cases {
        list(&service, &[(name, value)])
            .await
            .assert_invalid(&[(name, code)]);
    }
    let all = [("query", long.as_str()), ("limit", "0"), ("cursor", "x")];
    list(&service, &all).await.assert_invalid(&[
        ("query", "too_long"),
        ("limit", "out_of_range"),
        ("cursor", "invalid"),
    ]);
}

#[actix_web::test]
async fn unknown_and_repeated_parameters_are_refused() {
    let service = TestService::start();
    for query in [
        "page=2",
        "limit=1&limit=2",
        "query=a&Query=b",
        "limit=1&access_token=x",
        "=1",
    ] {
        let answer = service.get(&format!("/notes?{query}")).await;
        answer.assert_problem(400, "malformed_request");
    }
}
