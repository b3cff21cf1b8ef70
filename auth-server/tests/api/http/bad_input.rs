//! Nothing that a client sends makes a 5xx.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use reqwest::Method;
use serde_json::{Map, Number, Value, json};

use super::CALLS_WITH_A_BODY;
use crate::harness::{PASSWORD, TestServer};

const MEMBERS: &[&str] = &[
    "username",
    "email",
    "identifier",
    "password",
    "full_name",
    "delivery",
    "refresh_token",
    "scope",
    "current_password",
    "new_password",
];

/// JSON that is often nearly right.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        any::<String>().prop_map(Value::String),
        "[a-z]{3,8}".prop_map(Value::String),
        "[a-z]{1,8}@[a-z]{1,8}\\.org".prop_map(Value::String),
        "\\PC{0,40}@\\PC{0,20}".prop_map(Value::String),
        Just(json!(PASSWORD)),
        Just(json!("body")),
        Just(json!("all")),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop_oneof![
        8 => prop::collection::btree_map(prop::sample::select(MEMBERS), value.clone(), 0..6).prop_map(
            |members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }
        ),
        1 => value,
    ]
}

#[actix_web::test]
async fn no_json_body_makes_a_server_error() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let mut runner = TestRunner::default();
    let bodies = any_json();
    for number in 0..400 {
        let (name, path) = CALLS_WITH_A_BODY[number % CALLS_WITH_A_BODY.len()];
        let body = bodies.new_tree(&mut runner).unwrap().current();
        let answer = server
            .call(Method::from_bytes(name.as_bytes()).unwrap(), path)
            .bearer(&tokens)
            .json(&body)
            .send()
            .await;
        assert!(
            !answer.status.is_server_error(),
            "{name} {path} {body}: {}",
            answer.body
        );
    }
}

#[actix_web::test]
async fn no_bytes_make_a_server_error() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let mut runner = TestRunner::default();
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    for number in 0..100 {
        let (name, path) = CALLS_WITH_A_BODY[number % CALLS_WITH_A_BODY.len()];
        let body = bytes.new_tree(&mut runner).unwrap().current();
        let answer = server
            .call(Method::from_bytes(name.as_bytes()).unwrap(), path)
            .bearer(&tokens)
            .body("application/json", body)
            .send()
            .await;
        assert!(!answer.status.is_server_error(), "{}", answer.body);
    }
}

#[actix_web::test]
async fn ten_megabytes_are_refused_before_they_are_read() {
    let server = TestServer::start().await;
    for (name, path) in CALLS_WITH_A_BODY {
        let tokens = json!({"access_token": "a.b.c"});
        let request = server
            .call(Method::from_bytes(name.as_bytes()).unwrap(), path)
            .bearer(&tokens)
            .header("expect", "100-continue")
            .body("application/json", vec![b' '; 10_000_000]);
        let answer = request.send().await;
        assert!(
            [401, 413].contains(&answer.status.as_u16()),
            "{name} {path}: {}",
            answer.status
        );
    }
}

#[actix_web::test]
async fn odd_headers_are_put_up_with() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let long = "x".repeat(10_000);
    for (name, value) in [
        ("cookie", "\u{e9}=\u{e9}; ;;=;__Host-refresh_token"),
        ("cookie", long.as_str()),
        ("user-agent", "\u{e9}"),
        ("x-forwarded-for", ",,,"),
        ("accept", "nonsense/"),
        ("accept-encoding", "br;q=x"),
        ("accept-language", long.as_str()),
        ("if-none-match", long.as_str()),
        ("range", "bytes=0-"),
        ("origin", long.as_str()),
        ("te", "trailers"),
        ("upgrade", "h2c"),
    ] {
        let answer = server
            .call(Method::GET, "/auth/me")
            .bearer(&tokens)
            .header(name, value)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{name}");
    }
}
