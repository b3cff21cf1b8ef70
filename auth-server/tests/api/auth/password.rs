//! `POST /auth/password`

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, OTHER_PASSWORD, PASSWORD, TestServer};

async fn change(server: &TestServer, tokens: &Value, current: &str, new: &str) -> Answer {
    server
        .call(Method::POST, "/auth/password")
        .bearer(tokens)
        .json(&json!({"current_password": current, "new_password": new}))
        .send()
        .await
}

fn stored_hash(server: &TestServer) -> Value {
    server
        .database
        .row("select password_hash, password_changed_at from users")
}

#[actix_web::test]
async fn changing_the_password_ends_all_other_sessions() {
    let server = TestServer::start().await;
    let asking = server.register("ada").await;
    let others = [server.log_in("ada").await, server.log_in("ada").await];
    let grace = server.register("grace").await;

    let answer = server.change_password(&asking).await;
    answer.assert_no_content();
    assert!(answer.token_cookies().is_empty());

    for tokens in &others {
        server
            .refresh(tokens)
            .await
            .assert_problem(401, "session_revoked");
        server.me(tokens).await.assert_session_ended();
    }
    for tokens in [&asking, &grace] {
        assert_eq!(server.me(tokens).await.status, 200);
        assert_eq!(server.refresh(tokens).await.status, 200);
    }
    assert_eq!(
        server
            .database
            .count("sessions where revoke_reason = 'password_changed'"),
        2
    );
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    assert_eq!(server.try_log_in("ada", OTHER_PASSWORD).await.status, 200);
    let event = server
        .database
        .row("select user_id, session_id from security_events where kind = 'password_changed'");
    assert_eq!(
        event,
        json!({"user_id": asking["user"]["id"], "session_id": asking["session_id"]})
    );
}

#[actix_web::test]
async fn a_wrong_current_password_changes_nothing() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let other = server.log_in("ada").await;
    let before = stored_hash(&server);
    for wrong in ["wrong password", "", &"x".repeat(1_025)] {
        change(&server, &tokens, wrong, OTHER_PASSWORD)
            .await
            .assert_problem(403, "invalid_credentials");
    }
    assert_eq!(stored_hash(&server), before);
    assert_eq!(server.me(&other).await.status, 200);
    let events = server
        .database
        .rows("select user_id, session_id from security_events where kind = 'password_refused'");
    let expected = json!({"user_id": tokens["user"]["id"], "session_id": tokens["session_id"]});
    assert_eq!(events, vec![expected; 3]);
}

#[actix_web::test]
async fn a_weak_new_password_changes_nothing() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    change(&server, &tokens, PASSWORD, "")
        .await
        .assert_invalid(&[("new_password", "length")]);
    for weak in ["password1", "ada@example.org", "ada.example", "latchkey"] {
        change(&server, &tokens, PASSWORD, weak)
            .await
            .assert_invalid(&[("new_password", "guessable")]);
    }
    server.log_in("ada").await;
}

#[actix_web::test]
async fn a_body_that_is_no_change_is_refused() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    for body in [
        json!({"new_password": OTHER_PASSWORD}),
        json!({"current_password": PASSWORD}),
        json!({"current_password": PASSWORD, "new_password": null}),
        json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD, "user": "grace"}),
        json!([PASSWORD, OTHER_PASSWORD]),
    ] {
        let answer = server
            .call(Method::POST, "/auth/password")
            .bearer(&tokens)
            .json(&body)
            .send()
            .await;
        answer.assert_problem(400, "malformed_request");
    }
    server.log_in("ada").await;
}

#[actix_web::test]
async fn the_new_password_and_the_end_of_the_other_sessions_are_one_transaction() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let other = server.log_in("ada").await;
    let before = stored_hash(&server);
    server.database.execute(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'refused'; end $$",
    );
    // Whatever comes after the new hash fails: the revocation, then the event.
    for trigger in ["update on sessions", "insert on security_events"] {
        server.database.execute(&format!(
            "create trigger refuse before {trigger} execute function refuse()"
        ));
        server.change_password(&tokens).await.assert_unavailable();
        assert_eq!(stored_hash(&server), before, "{trigger}");
        assert_eq!(server.me(&other).await.status, 200, "{trigger}");
        let (_, table) = trigger.split_once(" on ").unwrap();
        server
            .database
            .execute(&format!("drop trigger refuse on {table}"));
    }
    server.log_in("ada").await;
    server.change_password(&tokens).await.assert_no_content();
}

#[actix_web::test]
async fn a_login_that_compared_the_old_password_does_not_overtake_the_change() {
    let server = TestServer::start().await;
    server.register("ada").await;
    // The login has compared its password and waits for the row, which then changes.
    let lock = server
        .database
        .hold("update users set password_hash = password_hash || ''");
    let waiting = server.try_log_in("ada", PASSWORD);
    let (answer, ()) = join(waiting, async {
        server.database.waiter().await;
        lock.commit();
    })
    .await;
    assert_eq!(answer.status, 200, "the same hash is the same password");

    let lock = server
        .database
        .hold("update users set password_hash = 'another', password_changed_at = now()");
    let waiting = server.try_log_in("ada", PASSWORD);
    let (answer, ()) = join(waiting, async {
        server.database.waiter().await;
        lock.commit();
    })
    .await;
    answer.assert_problem(401, "invalid_credentials");
    assert_eq!(server.database.count("sessions"), 2);
}

#[actix_web::test]
async fn of_parallel_changes_of_one_password_one_wins() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let new: Vec<String> = (0..4)
        .map(|number| format!("{OTHER_PASSWORD} {number}"))
        .collect();
    let answers = join_all(
        new.iter()
            .map(|new| change(&server, &tokens, PASSWORD, new)),
    )
    .await;

    let winners: Vec<usize> = (0..4)
        .filter(|index| answers[*index].status == 204)
        .collect();
    assert_eq!(winners.len(), 1);
    for (index, password) in new.iter().enumerate() {
        let status = server.try_log_in("ada", password).await.status;
        assert_eq!(status == 200, winners.contains(&index));
    }
}

#[actix_web::test]
async fn an_ended_session_changes_no_password() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server
        .call(Method::POST, "/auth/logout")
        .bearer(&tokens)
        .send()
        .await
        .assert_no_content();
    server.change_password(&tokens).await.assert_session_ended();
    server.log_in("ada").await;
}
