//! How what people ask for turns out.

use std::{num::NonZeroUsize, thread};

use futures_util::future::join_all;
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{Figures, server};
use crate::harness::{PASSWORD, TestServer, eventually, registration};

#[actix_web::test]
async fn refreshes_are_counted_by_what_became_of_them() {
    const FAMILY: &str = "auth_refreshes_total";
    let server = server(&[]).await;
    let database = &server.database;
    let refresh = async |token: &str, status: u16| {
        let answer = server.refresh_by(token).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        answer.body
    };
    let first = server.register("ada").await["refresh_token"].clone();
    let first = first.as_str().unwrap();
    let second = refresh(first, 200).await;
    refresh(first, 200).await;
    database.pass("31 s");
    refresh(first, 401).await;
    refresh(second["refresh_token"].as_str().unwrap(), 401).await;
    refresh("lkrt_made-up", 401).await;

    let idle = server.log_in("ada").await;
    database.pass("8 days");
    refresh(idle["refresh_token"].as_str().unwrap(), 401).await;
    database.execute("delete from sessions");
    refresh(idle["refresh_token"].as_str().unwrap(), 401).await;

    let restored = server.log_in("ada").await;
    let ahead = server.refresh(&restored).await.ok();
    database.execute("update sessions set generation = 0, rotated_at = null");
    refresh(ahead["refresh_token"].as_str().unwrap(), 401).await;
    database.cut_off();
    refresh(ahead["refresh_token"].as_str().unwrap(), 503).await;

    Figures::of(&server).await.assert_only(
        FAMILY,
        "outcome",
        &[
            ("rotated", 2.0),
            ("grace", 1.0),
            ("reuse", 1.0),
            ("expired", 1.0),
            ("revoked", 1.0),
            ("forged", 1.0),
            ("unknown", 1.0),
            ("ahead", 1.0),
            ("failed", 1.0),
        ],
    );
}

#[actix_web::test]
async fn logins_and_registrations_are_counted_by_what_became_of_them() {
    let server = server(&["--throttle", "on", "--throttle-account-free", "1"]).await;
    server.register("ada").await;
    let taken = server.post("/auth/register", &registration("ada")).await;
    taken.assert_problem(409, "username_taken");
    let mut guessable = registration("bob");
    guessable["password"] = json!("password1");
    let refused = server.post("/auth/register", &guessable).await;
    refused.assert_problem(422, "validation_failed");

    server.log_in("ada").await;
    let wrong = server.try_log_in("ada", "a wrong password").await;
    wrong.assert_problem(401, "invalid_credentials");
    let throttled = server.try_log_in("ada", PASSWORD).await;
    throttled.assert_problem(429, "rate_limited");
    server.database.cut_off();
    let failed = server.try_log_in("grace", PASSWORD).await;
    failed.assert_unavailable();

    let figures = Figures::of(&server).await;
    figures.assert_only(
        "auth_registrations_total",
        "outcome",
        &[
            ("registered", 1.0),
            ("taken", 1.0),
            ("password_refused", 1.0),
        ],
    );
    figures.assert_only(
        "auth_logins_total",
        "outcome",
        &[
            ("admitted", 1.0),
            ("refused", 1.0),
            ("throttled", 1.0),
            ("failed", 1.0),
        ],
    );
    figures.assert_only("auth_throttled_total", "limit", &[("account", 1.0)]);
}

#[actix_web::test]
async fn what_is_decided_is_counted_though_nobody_waits_for_it_any_more() {
    let server = server(&[]).await;
    let ada = json!({"refresh_token": server.register("ada").await["refresh_token"]});
    let counted = async |family: &str, outcome: &str, count: f64| {
        eventually(family, async || {
            let figures = Figures::of(&server).await;
            figures.find(&format!("{family}{{outcome=\"{outcome}\"}}")) == Some(count)
        })
        .await;
    };

    let lock = server.database.hold("lock table users in share mode");
    ask_and_go(&server, "/auth/register", &registration("grace")).await;
    drop(lock);
    counted("auth_registrations_total", "registered", 2.0).await;

    let lock = server.database.hold("select from sessions for update");
    ask_and_go(&server, "/auth/refresh", &ada).await;
    counted("auth_refreshes_total", "failed", 1.0).await;
    ask_and_go(&server, "/auth/logout", &ada).await;
    counted("auth_logouts_total", "failed", 1.0).await;
    drop(lock);
}

/// Calls, and breaks the connection as soon as the call waits for a lock: a request whose connection is reset is
/// dropped, while what it asked of Postgres goes on.
async fn ask_and_go(server: &TestServer, path: &str, body: &serde_json::Value) {
    let body = body.to_string();
    let address = server.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json");
    let call = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    connection.write_all(call.as_bytes()).await.unwrap();
    server.database.waiter().await;
    connection.set_zero_linger().unwrap();
    drop(connection);
    // Time for the server to notice.
    server.get("/health/live").await.ok();
}

#[actix_web::test]
async fn logouts_are_counted_and_the_reuse_that_one_finds() {
    let server = server(&[]).await;
    let stolen = server.register("ada").await;
    let current = server.refresh(&stolen).await.ok();
    server.database.pass("31 s");
    for (tokens, status) in [(&stolen, 204), (&current, 204)] {
        let body = json!({"refresh_token": tokens["refresh_token"]});
        let answer = server.post("/auth/logout", &body).await;
        assert_eq!(answer.status, status);
    }
    let tokens = server.log_in("ada").await;
    log_out(&server, &tokens["refresh_token"], 204).await;
    server.database.cut_off();
    log_out(&server, &tokens["refresh_token"], 503).await;

    Figures::of(&server).await.assert_only(
        "auth_logouts_total",
        "outcome",
        &[
            ("ended", 1.0),
            ("over", 1.0),
            ("reuse", 1.0),
            ("failed", 1.0),
        ],
    );
}

async fn log_out(server: &TestServer, refresh_token: &serde_json::Value, status: u16) {
    let body = json!({ "refresh_token": refresh_token });
    assert_eq!(server.post("/auth/logout", &body).await.status, status);
}

#[actix_web::test]
async fn the_queue_of_passwords_is_told_while_it_is_full_and_what_it_refused() {
    let server = server(&[]).await;
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let most = u32::try_from(cores).unwrap();
    // For each core one runs and eight wait: strangers fill half of the queue.
    let flood = join_all((0..cores * 9 + 30).map(|_| server.try_log_in("nobody", "a password")));
    let watched = eventually("a full queue", async || {
        let figures = Figures::of(&server).await;
        figures.find("auth_hashing_running") == Some(most.into())
            && figures.value("auth_hashing_waiting") > f64::from(most)
    });
    let (answers, ()) = futures_util::future::join(flood, watched).await;

    let refused = answers.iter().filter(|answer| answer.status == 503).count();
    let refused = f64::from(u32::try_from(refused).unwrap());
    let decided = f64::from(u32::try_from(answers.len()).unwrap()) - refused;
    eventually("an empty queue", async || {
        Figures::of(&server).await.find("auth_hashing_running") == Some(0.0)
    })
    .await;
    let figures = Figures::of(&server).await;
    figures.assert_only(
        "auth_hashing_refused_total",
        "reason",
        &[("queue_full", refused)],
    );
    figures.assert_only(
        "auth_logins_total",
        "outcome",
        &[("refused", decided), ("overloaded", refused)],
    );
    for (name, value) in [
        ("auth_hashing_begun_total", decided),
        ("auth_hashing_running_max", most.into()),
        ("auth_hashing_waiting", 0.0),
        ("auth_hashing_waiting_max", f64::from(16 * most)),
    ] {
        assert_eq!(figures.find(name), Some(value), "{name}");
    }
    assert!(figures.value("auth_hashing_wait_seconds_total") > 0.0);
}
