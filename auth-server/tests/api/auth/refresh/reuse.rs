//! A superseded refresh token in someone's hands means that two parties hold tokens of the session.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Database, TestServer};

/// Tokens of the generations 0 to `count`, the last of them just rotated.
async fn rotated(server: &TestServer, count: usize) -> Vec<Value> {
    let mut tokens = vec![server.register("ada").await];
    for _ in 0..count {
        server.database.pass("31 s");
        let next = server.refresh(tokens.last().unwrap()).await.ok();
        tokens.push(next);
    }
    tokens
}

async fn assert_ended_by_reuse(server: &TestServer, current: &Value) {
    let row = server.database.row("select revoke_reason from sessions");
    assert_eq!(row["revoke_reason"], "reuse");
    server
        .refresh(current)
        .await
        .assert_problem(401, "session_revoked");
    server.me(current).await.assert_session_ended();
    assert_eq!(server.database.events(), ["registered", "refresh_reuse"]);
}

#[actix_web::test]
async fn the_predecessor_after_the_window_is_reuse_and_ends_the_session() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 1).await;
    server.database.pass("30 s");
    server
        .refresh(&tokens[0])
        .await
        .assert_problem(401, "refresh_token_reused");
    assert_ended_by_reuse(&server, &tokens[1]).await;
}

#[actix_web::test]
async fn two_generations_behind_is_reuse_even_inside_the_window() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 2).await;
    server
        .refresh(&tokens[0])
        .await
        .assert_problem(401, "refresh_token_reused");
    assert_ended_by_reuse(&server, &tokens[2]).await;
}

#[actix_web::test]
async fn every_older_generation_is_reuse() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 6).await;
    for older in &tokens[..5] {
        server
            .refresh(older)
            .await
            .assert_problem(401, "refresh_token_reused");
        server
            .database
            .execute("update sessions set revoked_at = null, revoke_reason = null");
    }
    assert_eq!(
        server.refresh(&tokens[5]).await.ok()["refresh_token"],
        tokens[6]["refresh_token"]
    );
}

#[actix_web::test]
async fn the_event_of_a_reuse_is_kept_although_the_answer_is_an_error() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 2).await;
    let answer = server
        .call(reqwest::Method::POST, "/auth/refresh")
        .header("user-agent", "thief")
        .header("x-forwarded-for", "203.0.113.66")
        .json(&json!({"refresh_token": tokens[0]["refresh_token"]}))
        .send()
        .await;
    answer.assert_problem(401, "refresh_token_reused");
    let event = server.database.row(
        "select user_id, session_id, ip, user_agent from security_events where kind = 'refresh_reuse'",
    );
    assert_eq!(
        event,
        json!({
            "user_id": tokens[0]["user"]["id"],
            "session_id": tokens[0]["session_id"],
            "ip": "203.0.113.66",
            "user_agent": "thief",
        })
    );
}

#[actix_web::test]
async fn reuse_of_an_ended_session_is_no_news() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 2).await;
    for expected in ["refresh_token_reused", "session_revoked", "session_revoked"] {
        server
            .refresh(&tokens[0])
            .await
            .assert_problem(401, expected);
    }
    assert_eq!(server.database.events(), ["registered", "refresh_reuse"]);
}

#[actix_web::test]
async fn reuse_ends_no_other_session_of_the_person() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 2).await;
    let elsewhere = server.log_in("ada").await;
    server
        .refresh(&tokens[0])
        .await
        .assert_problem(401, "refresh_token_reused");
    assert_eq!(server.refresh(&elsewhere).await.status, 200);
    assert_eq!(server.me(&elsewhere).await.status, 200);
}

#[actix_web::test]
async fn reuse_is_detected_after_a_restart_of_the_server() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    let tokens = rotated(&server, 2).await;
    server.stop().await;

    let server = TestServer::start_on(&database, &[]).await;
    server
        .refresh(&tokens[0])
        .await
        .assert_problem(401, "refresh_token_reused");
    assert_ended_by_reuse(&server, &tokens[2]).await;
}

#[actix_web::test]
async fn a_reuse_that_could_not_be_recorded_is_found_again() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 2).await;
    server.database.execute(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'refused'; end $$;
         create trigger refuse before insert on security_events execute function refuse()",
    );
    server.refresh(&tokens[0]).await.assert_unavailable();
    assert_eq!(
        server.database.row("select revoked_at from sessions")["revoked_at"],
        json!(null)
    );

    server.database.execute("drop function refuse cascade");
    server
        .refresh(&tokens[0])
        .await
        .assert_problem(401, "refresh_token_reused");
    assert_ended_by_reuse(&server, &tokens[2]).await;
}

#[actix_web::test]
async fn a_generation_ahead_of_a_restored_database_is_refused_and_nothing_is_ended() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 3).await;
    // A backup from two rotations ago.
    server
        .database
        .execute("update sessions set generation = 1");
    server
        .refresh(&tokens[3])
        .await
        .assert_problem(401, "invalid_refresh_token");

    let row = server
        .database
        .row("select generation, revoked_at from sessions");
    assert_eq!(row, json!({"generation": 1, "revoked_at": null}));
    assert_eq!(server.database.events(), ["registered", "refresh_ahead"]);
    let event = server
        .database
        .row("select user_id, session_id from security_events where kind = 'refresh_ahead'");
    assert_eq!(event["session_id"], tokens[0]["session_id"]);
    assert_eq!(event["user_id"], tokens[0]["user"]["id"]);
    // Whoever holds the token of the restored moment goes on.
    assert_eq!(server.refresh(&tokens[1]).await.status, 200);
}

/// What docs/backup.md has operators do after a break-in.
#[actix_web::test]
async fn all_sessions_of_a_restored_database_can_be_ended() {
    let server = TestServer::start().await;
    let tokens = rotated(&server, 1).await;
    let other = server.register("grace").await;
    let handbook = include_str!("../../../../../docs/backup.md");
    let statement = handbook.split("```sql").nth(2).unwrap();
    let (statement, _) = statement.split_once("```").unwrap();
    server.database.execute(statement);
    for ended in [&tokens[0], &tokens[1], &other] {
        server
            .refresh(ended)
            .await
            .assert_problem(401, "session_revoked");
    }
}

#[actix_web::test]
async fn a_session_that_a_restore_undid_is_no_session() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server.database.execute("delete from sessions");
    server
        .refresh(&tokens)
        .await
        .assert_problem(401, "invalid_refresh_token");
}

/// Either of the two may be the thief, so the event tells of both.
#[actix_web::test]
async fn the_event_names_both_parties_of_a_reuse() {
    let server = TestServer::start().await;
    let stolen = server.register("ada").await;
    let refresh = async |tokens: &serde_json::Value, address: &str, user_agent: &str| {
        let token = &tokens["refresh_token"];
        server
            .call(reqwest::Method::POST, "/auth/refresh")
            .header("x-forwarded-for", address)
            .header("user-agent", user_agent)
            .json(&serde_json::json!({ "refresh_token": token }))
            .send()
            .await
    };
    refresh(&stolen, "203.0.113.7", "a thief").await.ok();
    server.database.pass("31 s");
    let refused = refresh(&stolen, "198.51.100.9", "the owner").await;
    refused.assert_problem(401, "refresh_token_reused");

    let row = server.database.row(
        "select host(ip) as ip, user_agent, details from security_events
         where kind = 'refresh_reuse'",
    );
    let session = server
        .database
        .row("select rotated_at from sessions where revoke_reason = 'reuse'");
    let at = |value: &serde_json::Value| {
        let text = value.as_str().unwrap().to_owned();
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    };
    assert_eq!(row["ip"], "198.51.100.9");
    assert_eq!(row["user_agent"], "the owner");
    let details = &row["details"];
    assert_eq!(details["generation"], 1);
    assert_eq!(details["last_rotation"]["ip"], "203.0.113.7");
    assert_eq!(details["last_rotation"]["user_agent"], "a thief");
    assert_eq!(
        at(&details["last_rotation"]["at"]),
        at(&session["rotated_at"])
    );
}
