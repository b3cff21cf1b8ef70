//! `/auth/me`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, TestServer, claims, registration};

async fn change(server: &TestServer, tokens: &Value, body: Value) -> Answer {
    server
        .call(Method::PATCH, "/auth/me")
        .bearer(tokens)
        .json(&body)
        .send()
        .await
}

#[actix_web::test]
async fn the_profile_is_what_was_registered() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let answer = server.me(&tokens).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.body,
        json!({
            "id": claims(&tokens)["sub"],
            "username": "ada",
            "email": "ada@example.org",
            "full_name": null,
            "created_at": tokens["user"]["created_at"],
        })
    );
}

#[actix_web::test]
async fn what_is_left_out_of_a_change_stays() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let mut expected = tokens["user"].clone();
    for (body, field, value) in [
        (
            json!({"full_name": "Ada King"}),
            "full_name",
            json!("Ada King"),
        ),
        (
            json!({"username": "Ada.King"}),
            "username",
            json!("ada.king"),
        ),
        (json!({}), "username", json!("ada.king")),
        (json!({"full_name": null}), "full_name", json!(null)),
        (
            json!({"username": "ada", "full_name": "Ада"}),
            "username",
            json!("ada"),
        ),
    ] {
        expected[field] = value;
        if let Some(name) = body.get("full_name") {
            expected["full_name"] = name.clone();
        }
        let answer = change(&server, &tokens, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body, expected);
        assert_eq!(server.me(&tokens).await.body, expected);
    }
}

#[actix_web::test]
async fn the_next_refresh_carries_the_change() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    change(
        &server,
        &tokens,
        json!({"username": "ada.king", "full_name": "Ada King"}),
    )
    .await
    .ok();
    let refreshed = claims(&server.refresh(&tokens).await.ok());
    assert_eq!(refreshed["preferred_username"], "ada.king");
    assert_eq!(refreshed["name"], "Ada King");
    server.log_in("ada.king").await;
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn a_username_that_someone_has_is_taken() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server.register("grace").await;
    for username in ["grace", "GRACE"] {
        let answer = change(
            &server,
            &tokens,
            json!({"username": username, "full_name": "X"}),
        )
        .await;
        answer.assert_problem(409, "username_taken");
    }
    assert_eq!(server.me(&tokens).await.body, tokens["user"]);
    // One's own is not.
    assert_eq!(
        change(&server, &tokens, json!({"username": "ada"}))
            .await
            .status,
        200
    );
}

#[actix_web::test]
async fn all_fields_of_a_change_that_are_wrong_are_named_at_once() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    change(&server, &tokens, json!({"username": "a", "full_name": ""}))
        .await
        .assert_invalid(&[("username", "invalid"), ("full_name", "invalid")]);
    for body in [
        json!({"email": "other@example.org"}),
        json!({"id": "0"}),
        json!({"password": PASSWORD}),
        json!({"username": 7}),
        json!([]),
    ] {
        change(&server, &tokens, body)
            .await
            .assert_problem(400, "malformed_request");
    }
    assert_eq!(server.me(&tokens).await.body, tokens["user"]);
}

#[actix_web::test]
async fn deleting_an_account_takes_the_password() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    for password in ["wrong password", "", &"x".repeat(2_000)] {
        server
            .delete_account(&tokens, password)
            .await
            .assert_problem(403, "invalid_credentials");
    }
    for body in [
        json!({}),
        json!({"password": null}),
        json!([PASSWORD]),
        json!({"password": PASSWORD, "user": "grace"}),
    ] {
        let answer = server
            .call(Method::DELETE, "/auth/me")
            .bearer(&tokens)
            .json(&body)
            .send()
            .await;
        answer.assert_problem(400, "malformed_request");
    }
    assert_eq!(server.me(&tokens).await.status, 200);
    assert_eq!(
        server.database.events(),
        [
            "registered",
            "password_refused",
            "password_refused",
            "password_refused"
        ]
    );
}

#[actix_web::test]
async fn a_deleted_account_is_gone_with_its_sessions_and_its_events_stay() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let elsewhere = server.log_in("ada").await;
    let grace = server.register("grace").await;

    let answer = server.delete_account(&tokens, PASSWORD).await;
    answer.assert_no_content();
    answer.assert_cookies_cleared();

    assert_eq!(server.database.count("users"), 1);
    assert_eq!(server.database.count("sessions"), 1);
    assert_eq!(
        server.database.events(),
        [
            "registered",
            "login",
            "registered",
            "session_revoked",
            "session_revoked",
            "account_deleted"
        ]
    );
    let event = server
        .database
        .row("select user_id, session_id from security_events where kind = 'account_deleted'");
    assert_eq!(event["user_id"], tokens["user"]["id"]);
    assert_eq!(event["session_id"], tokens["session_id"]);

    for held in [&tokens, &elsewhere] {
        server.me(held).await.assert_session_ended();
        server
            .refresh(held)
            .await
            .assert_problem(401, "invalid_refresh_token");
    }
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    server
        .delete_account(&tokens, PASSWORD)
        .await
        .assert_session_ended();
    assert_eq!(server.me(&grace).await.status, 200);

    // Name and address are free, and are someone else's from now on.
    let again = server.post("/auth/register", &registration("ada")).await;
    assert_eq!(again.status, 201);
    assert_ne!(again.body["user"]["id"], tokens["user"]["id"]);
    server.me(&tokens).await.assert_session_ended();
}

#[actix_web::test]
async fn a_failed_deletion_deletes_nothing() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server.database.execute(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'refused'; end $$;
         create trigger refuse before delete on sessions execute function refuse()",
    );
    server
        .delete_account(&tokens, PASSWORD)
        .await
        .assert_unavailable();
    assert_eq!(server.me(&tokens).await.status, 200);
    assert_eq!(server.database.events(), ["registered"]);
}
