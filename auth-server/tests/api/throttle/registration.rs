//! Registrations from one network.

use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_throttled, server};
use crate::harness::{Answer, TestServer, registration};

async fn register(server: &TestServer, address: &str, body: &Value) -> Answer {
    server
        .call(Method::POST, "/auth/register")
        .header("x-forwarded-for", address)
        .json(body)
        .send()
        .await
}

#[actix_web::test]
async fn ten_at_once_and_then_one_after_the_other() {
    let server = server(&[]).await;
    for number in 0..10 {
        let body = registration(&format!("person{number}"));
        assert_eq!(register(&server, "192.0.2.1", &body).await.status, 201);
    }
    let refused = register(&server, "192.0.2.1", &registration("one-more")).await;
    assert!((30..=60).contains(&assert_throttled(&refused, "10")));
    assert_eq!(server.database.count("users"), 10);
    let elsewhere = register(&server, "192.0.2.2", &registration("elsewhere")).await;
    assert_eq!(elsewhere.status, 201);
    server.database.pass("1 m");
    let later = register(&server, "192.0.2.1", &registration("one-more")).await;
    assert_eq!(later.status, 201);
}

#[actix_web::test]
async fn a_new_name_for_an_old_account_tells_no_more_than_a_registration() {
    let server = server(&[]).await;
    let ada = server.register("ada").await;
    server.register("grace").await;
    let rename = async |name: &str| {
        server
            .call(Method::PATCH, "/auth/me")
            .header("x-forwarded-for", "192.0.2.1")
            .bearer(&ada)
            .json(&json!({ "username": name }))
            .send()
            .await
    };
    for number in 0..5 {
        assert_eq!(rename(&format!("ada{number}")).await.status, 200);
        rename("grace").await.assert_problem(409, "username_taken");
    }
    for name in ["grace", "free"] {
        assert_throttled(&rename(name).await, "10");
    }
    let full_name = server
        .call(Method::PATCH, "/auth/me")
        .header("x-forwarded-for", "192.0.2.1")
        .bearer(&ada)
        .json(&json!({"full_name": "Ada"}));
    assert_eq!(full_name.send().await.status, 200);
}

#[actix_web::test]
async fn a_name_that_is_taken_counts_and_a_password_that_is_refused_does_not() {
    let server = server(&[]).await;
    let mut weak = registration("ada");
    weak["password"] = json!("password");
    for _ in 0..15 {
        register(&server, "192.0.2.1", &weak)
            .await
            .assert_problem(422, "validation_failed");
    }
    let mut malformed = registration("a");
    malformed["email"] = json!("nowhere");
    for _ in 0..15 {
        register(&server, "192.0.2.1", &malformed)
            .await
            .assert_problem(422, "validation_failed");
    }
    let ada = registration("ada");
    assert_eq!(register(&server, "192.0.2.1", &ada).await.status, 201);
    for _ in 0..9 {
        register(&server, "192.0.2.1", &ada)
            .await
            .assert_problem(409, "username_taken");
    }
    assert_throttled(&register(&server, "192.0.2.1", &ada).await, "10");
}
