//! `POST /auth/register`

mod conflicts;
mod input;
mod passwords;

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Database, PASSWORD, SetCookie, TestServer, claims, registration};

#[actix_web::test]
async fn registering_answers_with_tokens_and_the_user() {
    let server = TestServer::start().await;
    let answer = server
        .post(
            "/auth/register",
            &json!({
                "username": "Ada",
                "email": "Ada@Example.org",
                "password": PASSWORD,
                "full_name": "  Ada Lovelace ",
                "delivery": "body",
            }),
        )
        .await;

    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.token_cookies().is_empty());
    let stored = server.database.row("select id, created_at from users");
    assert_eq!(
        answer.body,
        json!({
            "access_token": answer.text("access_token"),
            "token_type": "Bearer",
            "expires_in": 900,
            "scope": "notes:read notes:write",
            "session_id": server.database.row("select id from sessions")["id"],
            "refresh_expires_in": 604_800,
            "refresh_token": answer.text("refresh_token"),
            "user": {
                "id": stored["id"],
                "username": "ada",
                "email": "ada@example.org",
                "full_name": "Ada Lovelace",
                "created_at": answer.body["user"]["created_at"],
            },
        })
    );
    let created_at = answer.body["user"]["created_at"].as_str().unwrap();
    assert!(
        created_at.ends_with('Z')
            && created_at[..19] == stored["created_at"].as_str().unwrap()[..19],
        "{created_at}"
    );
    assert!(answer.text("refresh_token").starts_with("lkrt_"));
    assert_eq!(server.me(&answer.body).await.ok(), answer.body["user"]);
}

#[actix_web::test]
async fn a_cookie_is_how_tokens_are_delivered_unless_asked_otherwise() {
    let server = TestServer::start().await;
    for (username, delivery) in [("ada", None), ("grace", Some("cookie"))] {
        let mut body = json!({
            "username": username,
            "email": format!("{username}@example.org"),
            "password": PASSWORD,
        });
        if let Some(delivery) = delivery {
            body["delivery"] = json!(delivery);
        }
        let answer = server.post("/auth/register", &body).await;

        assert_eq!(answer.status, 201);
        let [cookie, signed_in] = answer.token_cookies().try_into().unwrap();
        assert_eq!(cookie.name, SetCookie::REFRESH);
        cookie.assert_locked_down("604800");
        signed_in.assert_says_signed_in("604800");
        let members: Vec<&str> = answer
            .body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            members,
            [
                "access_token",
                "expires_in",
                "refresh_expires_in",
                "scope",
                "session_id",
                "token_type",
                "user"
            ]
        );
        assert!(!answer.body.to_string().contains(&cookie.value));
        assert_eq!(answer.body["user"]["full_name"], json!(null));
        assert_eq!(server.refresh_by_cookie(&cookie.value).await.status, 200);
    }
}

#[actix_web::test]
async fn registering_leaves_one_user_one_session_and_one_event() {
    let server = TestServer::start().await;
    let answer = server
        .call(Method::POST, "/auth/register")
        .header("user-agent", "test agent")
        .header("x-forwarded-for", "198.51.100.7")
        .json(&registration("ada"))
        .send()
        .await;
    assert_eq!(answer.status, 201);

    let user = server.database.row("select * from users");
    assert_eq!(user["username"], "ada");
    assert_eq!(user["disabled_at"], json!(null));
    let session = server.database.row("select * from sessions");
    assert_eq!(session["id"], answer.body["session_id"]);
    assert_eq!(session["user_id"], user["id"]);
    assert_eq!(session["generation"], 0);
    for absent in ["rotated_at", "revoked_at", "revoke_reason"] {
        assert_eq!(session[absent], json!(null), "{absent}");
    }
    let event = server.database.row(
        "select kind, user_id, session_id, ip, user_agent, at between now() - interval '1 min' and now() as recent
         from security_events",
    );
    assert_eq!(
        event,
        json!({
            "kind": "registered",
            "user_id": user["id"],
            "session_id": session["id"],
            "ip": "198.51.100.7",
            "user_agent": "test agent",
            "recent": true,
        })
    );
    assert_eq!(claims(&answer.body)["sub"], user["id"]);
}

#[actix_web::test]
async fn a_session_that_was_there_before_ends_with_the_registration() {
    let server = TestServer::start().await;
    let planted = server.register_with_cookie("eve").await;
    let register = || {
        server
            .call(Method::POST, "/auth/register")
            .refresh_cookie(&planted)
            .json(&registration("ada"))
            .send()
    };
    assert_eq!(register().await.status, 201);
    server
        .refresh_by_cookie(&planted)
        .await
        .assert_problem(401, "session_revoked");
    assert_eq!(
        server.database.events(),
        ["registered", "session_revoked", "registered"]
    );
    // One that is refused ends nothing.
    let other = server.log_in("eve").await;
    let answer = server
        .call(Method::POST, "/auth/register")
        .refresh_cookie(other["refresh_token"].as_str().unwrap())
        .json(&registration("ada"))
        .send()
        .await;
    answer.assert_problem(409, "username_taken");
    assert_eq!(server.refresh(&other).await.status, 200);
}

#[actix_web::test]
async fn a_failure_between_user_and_session_leaves_neither() {
    let server = TestServer::start().await;
    for table in ["sessions", "security_events"] {
        server.database.execute(&format!(
            "create function refuse() returns trigger language plpgsql as
                 $$ begin raise exception 'refused'; end $$;
             create trigger refuse before insert on {table} execute function refuse()"
        ));
        let answer = server.post("/auth/register", &registration("ada")).await;
        answer.assert_unavailable();
        assert_eq!(server.database.count("users"), 0);
        server.database.execute("drop function refuse cascade");
    }
    server.register("ada").await;
}

#[actix_web::test]
async fn nobody_is_registered_while_the_database_is_away() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    database.cut_off();
    let answer = server.post("/auth/register", &registration("ada")).await;
    answer.assert_unavailable();
    database.restore();
    server.ready().await;
    server.register("ada").await;
}
