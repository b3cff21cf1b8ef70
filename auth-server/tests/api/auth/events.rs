//! `GET /auth/events`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, PASSWORD, TestServer};

fn from(call: Call, ip: &str, user_agent: &str) -> Call {
    call.header("x-forwarded-for", ip)
        .header("user-agent", user_agent)
}

async fn events(server: &TestServer, tokens: &Value, query: &str) -> Answer {
    server
        .call(Method::GET, &format!("/auth/events{query}"))
        .bearer(tokens)
        .send()
        .await
}

fn kinds(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

/// Events of a person beside those that calls leave: so many, a minute apart, the newest last.
fn add_events(server: &TestServer, tokens: &Value, count: usize) {
    server.database.execute(&format!(
        "insert into security_events (id, at, kind, user_id)
         select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
                 || substring(md5(n::text) for 20))::uuid, at, n::text, sessions.user_id
         from sessions, generate_series(1, {count}) as n,
              lateral (select now() - ({count} - n + 1) * interval '1 minute' as at) as instant
         where sessions.id = '{}'",
        tokens["session_id"].as_str().unwrap()
    ));
}

#[actix_web::test]
async fn one_sees_what_happened_to_ones_account_and_nothing_of_others() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let grace = server.register("grace").await;
    server.try_log_in("nobody", PASSWORD).await;
    let refused = server
        .call(Method::POST, "/auth/login")
        .json(&json!({"username": "ada", "password": "wrong password"}));
    from(refused, "2001:db8::7", "Thief/1.0").send().await;

    let answer = events(&server, &ada, "").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let page = answer.ok();
    let rows = server.database.rows(
        "select security_events.id, to_char(at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at
         from security_events join users on users.id = user_id where username = 'ada' order by at desc",
    );
    let first = &ada["session_id"];
    assert_eq!(
        page,
        json!({
            "events": [
                {"id": rows[0]["id"], "kind": "login_failed", "at": rows[0]["at"], "session_id": null,
                 "ip": "2001:db8::7", "user_agent": "Thief/1.0", "details": null},
                {"id": rows[1]["id"], "kind": "registered", "at": rows[1]["at"], "session_id": first,
                 "ip": "127.0.0.1", "user_agent": null, "details": null},
            ],
            "next_cursor": null,
        })
    );
    let page = events(&server, &grace, "").await.ok();
    assert_eq!(kinds(&page), ["registered"]);
    assert_eq!(page["events"][0]["session_id"], grace["session_id"]);
}

#[actix_web::test]
async fn a_walk_sees_each_event_once_while_others_come_and_go() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let grace = server.register("grace").await;
    add_events(&server, &ada, 160);
    add_events(&server, &grace, 10);
    for (query, size) in [("", 50), ("?limit=1", 1), ("?limit=100", 100)] {
        let page = events(&server, &ada, query).await.ok();
        assert_eq!(kinds(&page).len(), size, "{query}");
        assert!(page["next_cursor"].is_string());
    }
    let mut seen = Vec::new();
    let mut query = "?limit=7".to_owned();
    loop {
        let page = events(&server, &ada, &query).await.ok();
        seen.extend(kinds(&page).into_iter().map(str::to_owned));
        server.try_log_in("ada", "wrong password").await;
        server
            .database
            .execute("delete from security_events where kind in ('1', '2', '3')");
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("?limit=7&cursor={cursor}");
    }
    let numbers = (4..=160).rev().map(|number| number.to_string());
    let expected: Vec<String> = ["registered".to_owned()]
        .into_iter()
        .chain(numbers)
        .collect();
    assert_eq!(seen, expected);
}

#[actix_web::test]
async fn the_last_page_says_so_even_when_it_is_full() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    add_events(&server, &ada, 4);
    let first = events(&server, &ada, "?limit=3").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = events(&server, &ada, &format!("?limit=2&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(kinds(&second), ["2", "1"]);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[actix_web::test]
async fn parameters_out_of_bounds_are_refused_by_name() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    for (name, value, code) in [
        ("limit", "0", "out_of_range"),
        ("limit", "101", "out_of_range"),
        ("limit", "-1", "out_of_range"),
        ("limit", "05", "out_of_range"),
        ("limit", "", "out_of_range"),
        ("limit", "99999999999999999999", "out_of_range"),
        ("cursor", "", "invalid"),
        ("cursor", "AAAAAAAAAAAAAAAAAAAAAB", "invalid"),
        ("cursor", "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b", "invalid"),
        ("cursor", "'%20or%201=1%20--", "invalid"),
    ] {
        let answer = events(&server, &ada, &format!("?{name}={value}")).await;
        answer.assert_invalid(&[(name, code)]);
    }
    let answer = events(&server, &ada, "?cursor=x&limit=0").await;
    answer.assert_invalid(&[("limit", "out_of_range"), ("cursor", "invalid")]);
    for query in [
        "?page=2",
        "?limit=1&limit=2",
        "?kind=login",
        "?user_id=1",
        "?=1",
    ] {
        let answer = events(&server, &ada, query).await;
        answer.assert_problem(400, "malformed_request");
    }
}

#[actix_web::test]
async fn it_takes_a_live_session() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let answer = server.get("/auth/events").await;
    answer.assert_problem(401, "missing_token");
    server
        .database
        .execute("update sessions set revoked_at = now(), revoke_reason = 'logout'");
    events(&server, &ada, "").await.assert_session_ended();
}

#[actix_web::test]
async fn a_reuse_tells_its_owner_of_both_parties() {
    let server = TestServer::start().await;
    let stolen = server.register("ada").await;
    let refresh = |ip, user_agent| {
        let call = server
            .call(Method::POST, "/auth/refresh")
            .json(&json!({"refresh_token": stolen["refresh_token"]}));
        from(call, ip, user_agent).send()
    };
    refresh("203.0.113.9", "Thief/1.0").await.ok();
    server.database.pass("31 s");
    refresh("198.51.100.4", "Owner/1.0").await;

    let ada = server.log_in("ada").await;
    let page = events(&server, &ada, "").await.ok();
    let reuse = &page["events"][1];
    assert_eq!(reuse["kind"], "refresh_reuse");
    assert_eq!(reuse["session_id"], stolen["session_id"]);
    assert_eq!(
        (&reuse["ip"], &reuse["user_agent"]),
        (&json!("198.51.100.4"), &json!("Owner/1.0"))
    );
    let details = reuse["details"].as_object().unwrap();
    let rotation = &details["last_rotation"];
    assert_eq!(details.len(), 1, "{details:?}");
    assert_eq!(
        (&rotation["ip"], &rotation["user_agent"]),
        (&json!("203.0.113.9"), &json!("Thief/1.0"))
    );
    assert!(rotation["at"].as_str().unwrap().ends_with('Z'));
}

#[actix_web::test]
async fn what_is_recorded_for_operators_is_not_shown() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    for details in [
        r#"{"by": "command line"}"#,
        r#"{"kid": "canary", "retired": "canary"}"#,
        r#"["canary"]"#,
        r#"{"fields": {"canary": 1}}"#,
    ] {
        server
            .database
            .execute(&format!("update security_events set details = '{details}'"));
        let page = events(&server, &ada, "").await.ok();
        assert_eq!(page["events"][0]["details"], Value::Null, "{details}");
    }
}

/// Ids and addresses of others are nobody's business; an account that is gone has no reader.
#[actix_web::test]
async fn events_of_a_deleted_account_stay_and_are_shown_to_nobody() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let deleted = server
        .call(Method::DELETE, "/auth/me")
        .bearer(&ada)
        .json(&json!({ "password": PASSWORD }))
        .send()
        .await;
    deleted.assert_no_content();
    let namesake = server.register("ada").await;
    let page = events(&server, &namesake, "").await.ok();
    assert_eq!(kinds(&page), ["registered"]);
    assert_eq!(server.database.count("security_events"), 4);
}
