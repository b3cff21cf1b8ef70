//! Where the password of someone signed in is asked for once more.

use reqwest::Method;
use serde_json::{Value, json};

use super::{WRONG, assert_throttled, server};
use crate::harness::{Answer, OTHER_PASSWORD, PASSWORD, TestServer};

async fn change(server: &TestServer, tokens: &Value, current: &str) -> Answer {
    server
        .call(Method::POST, "/auth/password")
        .bearer(tokens)
        .json(&json!({"current_password": current, "new_password": OTHER_PASSWORD}))
        .send()
        .await
}

#[actix_web::test]
async fn a_stolen_session_has_ten_guesses_and_the_owners_others_are_not_held_up() {
    let server = server(&[]).await;
    let owners = server.register("ada").await;
    let stolen = server.log_in("ada").await;
    for number in 0..10 {
        let wrong = match number % 2 {
            0 => change(&server, &stolen, WRONG).await,
            _ => server.delete_account(&stolen, WRONG).await,
        };
        wrong.assert_problem(403, "invalid_credentials");
    }
    for right in [
        change(&server, &stolen, PASSWORD).await,
        server.delete_account(&stolen, PASSWORD).await,
    ] {
        assert_throttled(&right, "10");
    }
    let told = server
        .database
        .row("select user_id, details from security_events where kind = 'throttled'");
    assert_eq!(told["user_id"], owners["user"]["id"]);
    assert_eq!(told["details"], json!({"limit": "session"}));

    change(&server, &owners, PASSWORD).await.assert_no_content();
    server
        .delete_account(&stolen, OTHER_PASSWORD)
        .await
        .assert_session_ended();
    server
        .delete_account(&owners, OTHER_PASSWORD)
        .await
        .assert_no_content();
}

#[actix_web::test]
async fn the_wait_grows_and_a_right_password_ends_it() {
    let server = server(&[]).await;
    let ada = server.register("ada").await;
    for _ in 0..10 {
        change(&server, &ada, WRONG).await;
    }
    for expected in [60, 120, 240] {
        let refused = change(&server, &ada, WRONG).await;
        let wait = assert_throttled(&refused, "10");
        assert!((expected - 30..=expected).contains(&wait), "{wait}");
        server.database.pass(&format!("{wait} s"));
        change(&server, &ada, WRONG)
            .await
            .assert_problem(403, "invalid_credentials");
    }
    server.database.pass("8 m");
    // Right, and the new one is not accepted: the guess was right all the same.
    let weak = json!({"current_password": PASSWORD, "new_password": "password"});
    let refused = server
        .call(Method::POST, "/auth/password")
        .bearer(&ada)
        .json(&weak)
        .send()
        .await;
    assert_eq!(refused.status, 422);
    for _ in 0..10 {
        change(&server, &ada, WRONG)
            .await
            .assert_problem(403, "invalid_credentials");
    }
    assert_throttled(&change(&server, &ada, WRONG).await, "10");
}
