//! `/auth/admin/events`

use reqwest::Method;
use serde_json::{Value, json};

use super::{Office, done, id_of, text};

async fn kinds(office: &Office, query: &str) -> Vec<String> {
    let page = office.get(&format!("events?{query}")).await.ok();
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| text(event, "kind")).collect()
}

#[actix_web::test]
async fn events_are_found_by_what_is_known_of_them() {
    let office = Office::open().await;
    let server = &office.server;
    let ada = server.register("ada").await;
    server.try_log_in("ada", "wrong").await;
    server.log_in("ada").await;
    assert_eq!(
        kinds(&office, "").await,
        ["login", "login_failed", "registered", "login", "registered"]
    );
    let user = format!("user={}", id_of(&ada));
    assert_eq!(
        kinds(&office, &user).await,
        ["login", "login_failed", "registered"]
    );
    assert_eq!(
        kinds(&office, &format!("{user}&kind=login_failed")).await,
        ["login_failed"]
    );
    let session = format!("session={}", text(&ada, "session_id"));
    assert_eq!(kinds(&office, &session).await, ["registered"]);
    assert_eq!(kinds(&office, "ip=127.0.0.0%2F8").await.len(), 5);
    assert!(kinds(&office, "ip=203.0.113.9").await.is_empty());

    let all = office.get("events").await.ok();
    let middle = text(&all["events"][2], "at");
    assert_eq!(kinds(&office, &format!("since={middle}")).await.len(), 3);
    assert_eq!(kinds(&office, &format!("until={middle}")).await.len(), 2);
    assert!(
        kinds(&office, "since=2100-01-01T00:00:00Z")
            .await
            .is_empty()
    );
    assert!(
        kinds(&office, "until=1970-01-01T00:00:00Z")
            .await
            .is_empty()
    );
    let event = &all["events"][2];
    assert_eq!(
        *event,
        json!({
            "id": event["id"],
            "at": middle,
            "kind": "registered",
            "user_id": id_of(&ada),
            "session_id": ada["session_id"],
            "ip": "127.0.0.1",
            "user_agent": null,
            "details": null,
        })
    );
    office
        .get("events?kind=nothing&user=ada&session=x&ip=y&since=z&until=now")
        .await
        .assert_invalid(&[
            ("kind", "invalid"),
            ("user", "invalid"),
            ("session", "invalid"),
            ("ip", "invalid"),
            ("since", "invalid"),
            ("until", "invalid"),
        ]);
}

/// What the database could not compare is refused, and not found out by it.
#[actix_web::test]
async fn instants_are_of_years_that_there_are() {
    let office = Office::open().await;
    for year in ["%2B262142", "%2B10890", "-0001", "-10000"] {
        for list in ["events", "events/export"] {
            office
                .get(&format!("{list}?until={year}-12-31T23:59:59Z"))
                .await
                .assert_invalid(&[("until", "invalid")]);
        }
    }
    let all = kinds(
        &office,
        "since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z",
    )
    .await;
    assert_eq!(all, ["login", "registered"]);
}

fn many(office: &Office, number: u32) {
    office.server.database.execute(&format!(
        "insert into security_events (id, kind, user_agent)
         select gen_random_uuid(), case when n % 40000 = 0 then 'refresh_reuse' else 'login' end, n::text
         from generate_series(1, {number}) as n"
    ));
}

#[actix_web::test]
async fn a_needle_is_found_in_any_haystack() {
    let office = Office::open().await;
    many(&office, 120_000);
    assert_eq!(office.walk("events", "kind=refresh_reuse").await.len(), 3);
    assert_eq!(office.walk("events", "kind=registered").await.len(), 1);
}

#[actix_web::test]
async fn events_are_exported_as_lines() {
    let office = Office::open().await;
    many(&office, 1_000);
    let listed = office.walk("events", "limit=100").await;
    let answer = office.get("events/export").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/jsonl");
    assert_eq!(answer.header("cache-control"), "no-store");
    let lines = answer.body.as_str().unwrap().lines();
    let exported: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // That it was exported is an event, too.
    let ids: Vec<String> = exported.iter().map(|event| text(event, "id")).collect();
    let new: Vec<&String> = ids.iter().filter(|id| !listed.contains(id)).collect();
    assert_eq!((ids.len(), new.len()), (listed.len() + 1, 1));
    assert_eq!(
        done(&office.server),
        [("events_export_begun".into(), "-".into())]
    );

    let head = office.call(Method::HEAD, "events/export", None).await;
    assert_eq!(head.header("content-type"), "application/jsonl");
    assert_eq!(done(&office.server).len(), 1);
    let some = office.get("events/export?kind=registered").await;
    let event = some.ok();
    assert_eq!(event["kind"], "registered");
    office
        .get("events/export?kind=nothing")
        .await
        .assert_invalid(&[("kind", "invalid")]);
    office
        .get("events/export?limit=1")
        .await
        .assert_problem(400, "malformed_request");
}
