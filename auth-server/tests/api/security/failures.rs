//! A database that fails at any statement never authenticates anyone, and leaves nothing half-done.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Database, OTHER_PASSWORD, PASSWORD, Proxy, TestServer, registration};

fn everything(database: &Database) -> BTreeMap<&'static str, Vec<Value>> {
    ["users", "sessions", "revocations", "security_events"]
        .into_iter()
        .map(|table| {
            (
                table,
                database.rows(&format!("select * from {table} order by 1")),
            )
        })
        .collect()
}

/// Makes a call fail at its first statement, its second, and so on, and asserts that each time the
/// answer is 503 and nothing has changed. Returns the answer of the call that nothing failed.
async fn fail_everywhere(
    server: &TestServer,
    proxy: &Proxy,
    call: impl AsyncFn() -> Answer,
) -> Answer {
    let before = everything(&server.database);
    for statement in 0.. {
        assert!(statement < 20, "a call of that many statements?");
        proxy.lose_statement(statement);
        let answer = call().await;
        if proxy.still_to_lose() {
            assert!(statement > 0, "no statement was executed");
            return answer;
        }
        answer.assert_unavailable();
        assert!(answer.cookies().is_empty());
        assert_eq!(
            everything(&server.database),
            before,
            "statement {statement}"
        );
    }
    unreachable!("the loop returns");
}

#[actix_web::test]
async fn no_failure_registers_or_logs_anyone_in() {
    let (server, proxy) = TestServer::start_watched().await;
    let body = registration("ada");
    let registered = fail_everywhere(&server, &proxy, async || {
        server.post("/auth/register", &body).await
    })
    .await;
    assert_eq!(registered.status, 201);

    let logged_in = fail_everywhere(&server, &proxy, async || {
        server.try_log_in("ada", PASSWORD).await
    })
    .await;
    assert_eq!(logged_in.status, 200);
    for (identifier, password) in [("ada", "wrong password"), ("nobody", PASSWORD)] {
        let refused = fail_everywhere(&server, &proxy, async || {
            server.try_log_in(identifier, password).await
        })
        .await;
        refused.assert_problem(401, "invalid_credentials");
    }
}

#[actix_web::test]
async fn no_failure_shows_or_changes_an_account() {
    let (server, proxy) = TestServer::start_watched().await;
    let ada = server.register("ada").await;
    server.register("grace").await;
    let other = server.log_in("ada").await;
    let path = format!("/auth/sessions/{}", other["session_id"].as_str().unwrap());
    let change = json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD});
    let wrong = json!({"current_password": "wrong", "new_password": OTHER_PASSWORD});
    let calls = [
        (Method::GET, "/auth/me", Value::Null, 200),
        (Method::GET, "/auth/sessions", Value::Null, 200),
        (Method::GET, "/auth/events", Value::Null, 200),
        (Method::PATCH, "/auth/me", json!({"username": "grace"}), 409),
        (
            Method::PATCH,
            "/auth/me",
            json!({"username": "ada.king"}),
            200,
        ),
        (Method::POST, "/auth/password", wrong, 403),
        (Method::DELETE, path.as_str(), Value::Null, 204),
        (Method::POST, "/auth/password", change, 204),
        (
            Method::POST,
            "/auth/logout",
            json!({"scope": "others"}),
            204,
        ),
        (
            Method::DELETE,
            "/auth/me",
            json!({"password": OTHER_PASSWORD}),
            204,
        ),
    ];
    for (method, path, body, expected) in calls {
        if path == "/auth/logout" {
            proxy.take_executed();
            server.try_log_in("ada.king", OTHER_PASSWORD).await.ok();
        }
        let answer = fail_everywhere(&server, &proxy, async || {
            let call = server.call(method.clone(), path).bearer(&ada);
            match &body {
                Value::Null => call.send().await,
                body => call.json(body).send().await,
            }
        })
        .await;
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
    }
    assert_eq!(server.database.count("users"), 1);
}

#[actix_web::test]
async fn no_failure_keeps_an_ended_session_alive() {
    let (server, proxy) = TestServer::start_watched().await;
    let tokens = server.register("ada").await;
    server
        .database
        .execute("update sessions set revoked_at = now(), revoke_reason = 'logout'");
    let me = fail_everywhere(&server, &proxy, async || server.me(&tokens).await).await;
    me.assert_session_ended();
    let refreshed = fail_everywhere(&server, &proxy, async || server.refresh(&tokens).await).await;
    refreshed.assert_problem(401, "session_revoked");
}

#[actix_web::test]
async fn a_slow_database_is_given_up_after_a_bounded_time() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    // A second for the lock, three for a statement: here it is the statement that takes too long.
    server.database.execute(
        "create function dawdle() returns trigger language plpgsql as
             $$ begin perform pg_sleep(60); return new; end $$;
         create trigger dawdle before update on sessions for each row execute function dawdle()",
    );
    let started = std::time::Instant::now();
    server.refresh(&tokens).await.assert_unavailable();
    assert!(started.elapsed() < std::time::Duration::from_secs(6));
    server.database.execute("drop function dawdle cascade");
    assert_eq!(server.refresh(&tokens).await.status, 200);
}

#[actix_web::test]
async fn a_database_that_falls_silent_is_given_up_after_a_bounded_time() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    // The server's own bound passes, and it goes on saying nothing.
    server.database.execute(
        "create function say_nothing() returns trigger language plpgsql as
             $$ begin
                    perform pg_sleep(60);
                exception when query_canceled then
                    perform pg_sleep(60);
                    return new;
                end $$;
         create trigger say_nothing before update on sessions
             for each row execute function say_nothing()",
    );
    let started = std::time::Instant::now();
    server.refresh(&tokens).await.assert_unavailable();
    assert!(started.elapsed() < std::time::Duration::from_secs(30));
    server.database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'update sessions%'",
    );
    server.database.execute("drop function say_nothing cascade");
    assert_eq!(server.refresh(&tokens).await.status, 200);
}
