//! When the database fails, nobody is logged out and nobody is let in.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{TestServer, eventually};

#[actix_web::test]
async fn nothing_is_lost_while_the_database_is_away() {
    let server = TestServer::start().await;
    let first = server.register("ada").await;
    let cookie = server.register_with_cookie("grace").await;
    let current = server.refresh(&first).await.ok();

    server.database.cut_off();
    for tokens in [&first, &current] {
        server.refresh(tokens).await.assert_unavailable();
    }
    let answer = server.refresh_by_cookie(&cookie).await;
    answer.assert_unavailable();
    assert!(answer.cookies().is_empty());
    server.me(&current).await.assert_unavailable();
    server
        .try_log_in("ada", "whatever")
        .await
        .assert_unavailable();

    server.database.restore();
    server.ready().await;
    assert_eq!(
        server.refresh(&first).await.ok()["refresh_token"],
        current["refresh_token"]
    );
    assert_eq!(server.refresh_by_cookie(&cookie).await.status, 200);
    assert_eq!(server.me(&current).await.status, 200);
    assert_eq!(server.database.events(), ["registered", "registered"]);
}

#[actix_web::test]
async fn a_lock_held_by_another_is_waited_for_about_a_second() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let lock = server.database.hold("select from sessions for update");
    let started = Instant::now();
    server.refresh(&tokens).await.assert_unavailable();
    let took = started.elapsed();
    assert!(
        (Duration::from_millis(900)..Duration::from_secs(5)).contains(&took),
        "{took:?}"
    );
    drop(lock);
    assert_eq!(server.refresh(&tokens).await.status, 200);
}

#[actix_web::test]
async fn an_exhausted_pool_is_waited_for_about_a_second() {
    let server = TestServer::start_with(&["--database-pool", "1"]).await;
    let (blocked, other) = (server.register("ada").await, server.register("grace").await);
    let lock = server.database.hold(&format!(
        "select from sessions where id = '{}' for update",
        blocked["session_id"].as_str().unwrap()
    ));
    let (first, (second, took)) = futures_util::future::join(server.refresh(&blocked), async {
        server.database.waiter().await;
        let started = Instant::now();
        (server.refresh(&other).await, started.elapsed())
    })
    .await;
    first.assert_unavailable();
    assert!(took < Duration::from_secs(5), "{took:?}");
    // The second one waited for the one connection, which came free within its own second or not.
    if second.status != 200 {
        second.assert_unavailable();
    }
    drop(lock);
    assert_eq!(server.refresh(&blocked).await.status, 200);
    assert_eq!(server.refresh(&other).await.status, 200);
}

#[actix_web::test]
async fn a_rotation_whose_acknowledgement_is_lost_is_answered_again() {
    let (server, proxy) = TestServer::start_watched().await;
    let first = server.register("ada").await;

    proxy.lose_reply(0);
    server.refresh(&first).await.assert_unavailable();
    assert!(!proxy.still_to_lose());
    assert_eq!(
        server.database.row("select generation from sessions")["generation"],
        1,
        "Postgres had committed"
    );

    let second = server.refresh(&first).await.ok();
    assert_eq!(
        server.database.row("select generation from sessions")["generation"],
        1
    );
    server.database.pass("31 s");
    assert_eq!(server.refresh(&second).await.status, 200);
    assert_eq!(server.database.events(), ["registered"]);
}

#[actix_web::test]
async fn whichever_statement_fails_a_refresh_is_done_or_not_done() {
    let (server, proxy) = TestServer::start_watched().await;
    let first = server.register("ada").await;
    let second = server.refresh(&first).await.ok();

    // Repeating, then reuse: the refused refresh is the one with the most statements.
    for (tokens, pass) in [(&first, "0 s"), (&first, "31 s")] {
        server.database.pass(pass);
        for statement in 0.. {
            proxy.lose_statement(statement);
            let answer = server.refresh(tokens).await;
            if proxy.still_to_lose() {
                break;
            }
            answer.assert_unavailable();
            assert_eq!(
                server
                    .database
                    .row("select generation, revoked_at from sessions"),
                json!({"generation": 1, "revoked_at": null}),
                "statement {statement}"
            );
            server.me(&second).await.ok();
        }
    }
    assert_eq!(
        server
            .database
            .row("select generation, revoke_reason from sessions"),
        json!({"generation": 1, "revoke_reason": "reuse"})
    );
    assert_eq!(server.database.events(), ["registered", "refresh_reuse"]);
}

#[actix_web::test]
async fn a_missing_table_is_no_reason_to_log_anyone_out() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server
        .database
        .execute("alter table sessions rename to elsewhere");
    server.refresh(&tokens).await.assert_unavailable();
    server.me(&tokens).await.assert_unavailable();
    server
        .database
        .execute("alter table elsewhere rename to sessions");
    assert_eq!(server.refresh(&tokens).await.status, 200);
}

/// The rotation was committed, its answer was lost, and then the database was away for longer than the
/// window: whoever kept asking is no thief.
#[actix_web::test]
async fn an_outage_longer_than_the_window_ends_nobodys_session() {
    let window = Duration::from_secs(2);
    let server = TestServer::start_with(&["--refresh-grace", "2s"]).await;
    let tokens = server.register("ada").await;
    let lost = server.refresh(&tokens).await.ok();

    server.database.cut_off();
    let since = Instant::now();
    eventually("longer than the window", async || {
        server.refresh(&tokens).await.assert_unavailable();
        since.elapsed() > window * 2
    })
    .await;
    server.database.restore();
    eventually("the database", async || {
        let again = server.refresh(&tokens).await;
        assert_ne!(again.status, 401, "{}", again.body);
        again.status == 200 && again.body["refresh_token"] == lost["refresh_token"]
    })
    .await;

    // A window later it is as strict as ever.
    let back = Instant::now();
    eventually("the end of the leniency", async || {
        back.elapsed() > window * 2
    })
    .await;
    let successor = server.refresh(&lost).await.ok();
    assert_ne!(successor["refresh_token"], lost["refresh_token"]);
    server
        .refresh(&tokens)
        .await
        .assert_problem(401, "refresh_token_reused");
}
