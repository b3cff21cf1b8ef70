//! The lines of the log of the real binary: one for each request, which tells what came of it and which no client
//! can break.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::harness::{Binary, Database};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Paths as they are sent, as JSON has them, and as text has them.
const PATHS: [[&str; 3]; 4] = [
    ["/nothing%0aERROR%20forged"; 3],
    ["/%1b%5b2J%e2%80%ae"; 3],
    ["/auth/verify?token=canary", "/auth/verify", "/auth/verify"],
    [
        r#"/{"status":200}"#,
        r#"/{"status":200}"#,
        r#""/{\"status\":200}""#,
    ],
];

/// Calls each path as a client does that encodes nothing.
fn call_hostile_paths(binary: &Binary) {
    for [path, ..] in PATHS {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: the-request-id\r\nUser-Agent: "
        );
        let rest = b"\xff\x9b2J\t\" status=200 canary\r\nConnection: close\r\n\r\n";
        let answer = binary.send(&[head.as_bytes(), rest].concat());
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

/// Every line of the log, which all have to be objects.
fn parsed(log: &str) -> Vec<Map<String, Value>> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    log.lines().map(parse).collect()
}

/// The lines of the requests that the test made.
fn ours(lines: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let is_ours = |line: &Map<_, _>| line.get("request_id") == Some(&json!("the-request-id"));
    lines.into_iter().filter(is_ours).collect()
}

#[actix_web::test]
async fn each_request_is_one_line_that_no_client_can_break() {
    let database = Arc::new(Database::new());
    let binary = Binary::start(&database).await;
    call_hostile_paths(&binary);
    let log = binary.log();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("request_id=the-request-id"))
        .collect();
    assert_eq!(lines.len(), PATHS.len(), "{lines:?}");
    for (line, [.., path]) in lines.iter().zip(PATHS) {
        assert!(
            line.contains(&format!(" method=GET path={path} status=4")),
            "{line}"
        );
        assert!(line.contains(" code="), "{line}");
    }
    assert!(!log.contains("canary"));
    assert!(!log.lines().any(|line| line.starts_with("ERROR forged")));
    assert!(!log.contains("\u{1b}[2J"));
}

#[actix_web::test]
async fn as_json_every_line_is_an_object_and_each_request_one_of_them() {
    let database = Arc::new(Database::new());
    let binary = Binary::start_with(&database, &[("AUTH_LOG_FORMAT", "json")]).await;
    call_hostile_paths(&binary);
    let lines = ours(parsed(&binary.log()));
    assert_eq!(lines.len(), PATHS.len(), "{lines:?}");
    for (mut line, [_, path, _]) in lines.into_iter().zip(PATHS) {
        let time = line.remove("time").unwrap();
        assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        assert!(line.remove("microseconds").unwrap().is_u64());
        let (status, code) = match path {
            "/auth/verify" => (401, "missing_token"),
            _ => (404, "not_found"),
        };
        let expected = json!({
            "level": "INFO", "target": "request", "message": "answered", "request_id": "the-request-id",
            "method": "GET", "path": path, "status": status, "code": code,
        });
        assert_eq!(Value::Object(line), expected);
    }
}

#[actix_web::test]
async fn a_failure_is_logged_once_and_with_its_request() {
    let database = Arc::new(Database::new());
    for format in ["text", "json"] {
        let settings = [("AUTH_LOG_FORMAT", format), ("RUST_LOG", "info")];
        let binary = Binary::start_with(&database, &settings).await;
        database.execute("alter table users rename to elsewhere");
        let login = json!({"identifier": "ada", "password": "correct horse battery staple"});
        let answer = binary.call(Method::POST, "/auth/login", None, &login).await;
        database.execute("alter table elsewhere rename to users");
        assert_eq!(answer["code"], "unavailable");
        assert_eq!(answer["request_id"], "the-request-id");
        assert!(!answer.to_string().contains("relation"), "{answer}");
        let log = binary.log();

        let telling: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("relation"))
            .collect();
        assert_eq!(telling.len(), 1, "{telling:?}");
        assert!(telling[0].contains("ERROR") && telling[0].contains("the-request-id"));
        if format == "json" {
            let line = &ours(parsed(&log))[0];
            assert_eq!(line["status"], 503);
            assert_eq!(line["code"], "unavailable");
            let error = r#"database: relation "users" does not exist"#;
            assert_eq!(line["error"], error);
        } else {
            let fields = r#" code=unavailable error="database: relation \"users\" does not exist""#;
            assert!(telling[0].ends_with(fields), "{telling:?}");
        }
    }
}

#[actix_web::test]
async fn a_database_that_is_away_is_told_in_the_line_of_each_request_that_needed_it() {
    let database = Arc::new(Database::new());
    let binary = Binary::start_with(&database, &[("RUST_LOG", "info")]).await;
    database.cut_off();
    let login = json!({"identifier": "ada", "password": "correct horse battery staple"});
    for _ in 0..2 {
        binary.call(Method::POST, "/auth/login", None, &login).await;
    }
    database.restore();
    let log = binary.log();
    let is_ours = |line: &&str| line.contains("request_id=the-request-id");
    let lines: Vec<&str> = log.lines().filter(is_ours).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert!(line.contains(" ERROR request] "), "{line}");
        let (_, error) = line.split_once(" code=unavailable error=\"").unwrap();
        assert!(error.contains("database") && error.ends_with('"'), "{line}");
    }
}

/// Which libpq tells of in several lines.
#[actix_web::test]
async fn a_lost_connection_is_told_in_one_line() {
    for (format, error) in [
        (
            "text",
            r#" error="database: server closed the connection unexpectedly\n\tThis"#,
        ),
        (
            "json",
            r#""error":"database: server closed the connection unexpectedly\n\tThis"#,
        ),
    ] {
        let database = Arc::new(Database::new());
        let (proxy, url) = database.proxied();
        let settings = [
            ("AUTH_DATABASE_URL", url.as_str()),
            ("AUTH_LOG_FORMAT", format),
            ("RUST_LOG", "info"),
        ];
        let binary = Binary::start_with(&database, &settings).await;
        proxy.lose_statement(0);
        let login = json!({"identifier": "ada", "password": "correct horse battery staple"});
        let answer = binary.call(Method::POST, "/auth/login", None, &login).await;
        assert_eq!(answer["code"], "unavailable");
        assert!(!proxy.still_to_lose());
        let log = binary.log();
        let line = log.lines().find(|line| line.contains("the-request-id"));
        assert!(line.unwrap().contains(error), "{line:?}");
    }
}

/// What was refused and why stands in the line, but for what the refused one knows better.
#[actix_web::test]
async fn a_refused_token_is_told_with_the_reason() {
    let database = Arc::new(Database::new());
    let binary = Binary::start_with(&database, &[("AUTH_LOG_FORMAT", "json")]).await;
    let call = binary.request(Method::GET, "/auth/verify");
    call.bearer_auth("canary.canary.canary")
        .send()
        .await
        .unwrap();
    let log = binary.log();
    assert!(!log.contains("canary.canary"), "{log}");
    let line = &ours(parsed(&log))[0];
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["code"], "invalid_token");
    assert_eq!(line["error"], "the token is malformed");
}

/// <https://www.w3.org/TR/trace-context/>
#[actix_web::test]
async fn the_trace_that_a_request_belongs_to_is_logged_if_it_names_one() {
    let database = Arc::new(Database::new());
    let settings = [("AUTH_LOG_FORMAT", "json"), ("RUST_LOG", "info")];
    let binary = Binary::start_with(&database, &settings).await;
    let named = format!("00-{TRACE}-{PARENT}-01");
    let forged = format!("00-{TRACE}-{PARENT}-01 status=200");
    let contexts = [
        vec![named.as_str()],
        vec![],
        vec![&forged],
        vec![&named, &named],
    ];
    for values in &contexts {
        let call = binary.request(Method::GET, "/health/live");
        let call = values
            .iter()
            .fold(call, |call, value| call.header("Traceparent", *value));
        assert_eq!(call.send().await.unwrap().status(), 200);
    }
    let lines = ours(parsed(&binary.log()));
    assert_eq!(lines.len(), contexts.len());
    assert_eq!(lines[0]["trace_id"], TRACE);
    assert_eq!(lines[0]["parent_id"], PARENT);
    for line in &lines[1..] {
        assert_eq!(line.get("trace_id"), None, "{line:?}");
        assert_eq!(line.get("parent_id"), None, "{line:?}");
    }
}
