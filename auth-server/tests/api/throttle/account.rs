//! Guesses at one account from many networks.

use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::json;

use super::{WRONG, address, assert_throttled, assert_wrong, login, replica, server, try_log_in};
use crate::harness::{Database, OTHER_PASSWORD, PASSWORD, TestServer, eventually};

const FREE: usize = 10;

/// How long whoever guesses at this name has to wait after each guess, from an address of its own each time
/// and at the first moment it is let in.
async fn waits(server: &TestServer, name: &str, guesses: usize) -> Vec<u64> {
    let mut waits = Vec::new();
    for number in 0..guesses {
        assert_wrong(&try_log_in(server, &address(number), name, WRONG).await);
        let next = try_log_in(server, &address(number), name, WRONG).await;
        let wait = assert_throttled(&next, "10");
        waits.push(wait);
        server.database.pass(&format!("{wait} s"));
    }
    waits
}

#[actix_web::test]
async fn ten_are_free_and_then_each_doubles_the_wait_up_to_a_quarter_of_an_hour() {
    const DOUBLED: [u64; 7] = [60, 120, 240, 480, 900, 900, 900];
    let server = server(&[]).await;
    server.register("ada").await;
    for name in [
        "ada",
        "ada@example.org",
        "nobody",
        "nobody@example.org",
        "no name",
    ] {
        for number in 0..FREE - 1 {
            assert_wrong(&try_log_in(&server, &address(number), name, WRONG).await);
        }
        server.database.execute("delete from throttle_buckets");
        for (wait, expected) in waits(&server, name, 7).await.iter().zip(DOUBLED) {
            assert!(
                (expected - 30..=expected).contains(wait),
                "{name}: {wait} s"
            );
        }
        server.database.execute("delete from throttle_buckets");
    }
}

#[actix_web::test]
async fn the_owner_is_told() {
    let server = server(&[]).await;
    let ada = server.register("ada").await;
    for number in 0..FREE + 3 {
        try_log_in(&server, &address(number), "ada", WRONG).await;
    }
    let told = server
        .call(Method::GET, "/auth/events")
        .bearer(&ada)
        .send()
        .await;
    let events = told.body["events"].as_array().unwrap();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    // Once, and not with every try that is refused.
    let mut expected = vec!["throttled"];
    expected.extend(["login_failed"; FREE]);
    expected.push("registered");
    assert_eq!(kinds, expected);
    assert_eq!(events[0]["ip"], address(FREE));
    assert_eq!(events[0]["details"], json!({"limit": "account"}));
}

#[actix_web::test]
async fn the_right_password_is_not_compared_before_its_time_and_then_lets_in() {
    let server = server(&[]).await;
    server.register("ada").await;
    for number in 0..FREE {
        assert_wrong(&try_log_in(&server, &address(number), "ada", WRONG).await);
    }
    let refused = try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await;
    assert_throttled(&refused, "10");
    assert_eq!(server.database.count("sessions"), 1);

    server.database.pass("1 m");
    let let_in = try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await;
    assert_eq!(let_in.status, 200);
    // And what was wrong before is forgotten.
    for number in 0..FREE {
        assert_wrong(&try_log_in(&server, &address(number), "ada", WRONG).await);
    }
}

#[actix_web::test]
async fn a_new_name_buys_no_guesses() {
    let server = server(&[]).await;
    let ada = server.register("ada").await;
    for number in 0..FREE {
        assert_wrong(&try_log_in(&server, &address(number), "ada", WRONG).await);
    }
    let renamed = server
        .call(Method::PATCH, "/auth/me")
        .bearer(&ada)
        .json(&json!({"username": "ada.king"}));
    assert_eq!(renamed.send().await.status, 200);
    for name in ["ada", "ada.king"] {
        assert_throttled(&try_log_in(&server, "192.0.2.1", name, WRONG).await, "10");
    }
}

#[actix_web::test]
async fn who_hangs_up_is_counted_and_recorded_all_the_same() {
    let server = server(&[]).await;
    server.register("ada").await;
    let impatient = (0..4).map(|number| {
        let call = login(&server, &address(number), "ada", WRONG).send();
        // Long enough to be sent, and not to be answered.
        tokio::time::timeout(Duration::from_millis(15), call)
    });
    assert!(join_all(impatient).await.iter().any(Result::is_err));
    eventually("an event for each that was counted", async || {
        let counted = server
            .database
            .row("select coalesce(sum(failures), 0) as n from throttle_failures");
        let recorded = server
            .database
            .count("security_events where kind = 'login_failed'");
        counted["n"] == recorded && recorded > 0
    })
    .await;
}

#[actix_web::test]
async fn a_guess_whose_new_password_could_not_be_hashed_does_not_count() {
    let server = server(&[]).await;
    server.register("ada").await;
    let database = &server.database;
    database.execute("update users set password_expires_at = now() + interval '1 hour'");
    let failures = "select coalesce(sum(failures), 0) as n from throttle_failures";
    let before = database.row(failures);
    let counting = database.hold("lock throttle_failures in exclusive mode");
    let body = json!({
        "identifier": "ada",
        "password": PASSWORD,
        "new_password": OTHER_PASSWORD,
        "delivery": "body",
    });
    let exchange = server.call(Method::POST, "/auth/login").json(&body).send();
    let (answer, people) = join(exchange, async {
        database.waiter().await;
        // The guess is counted and compared; then nobody can say whose names the new one must not have.
        let people = database.hold("lock users in access exclusive mode");
        drop(counting);
        people
    })
    .await;
    drop(people);
    answer.assert_unavailable();
    assert_eq!(database.row(failures), before);
    let answer = server.call(Method::POST, "/auth/login").json(&body).send();
    assert_eq!(answer.await.status, 200);
}

#[actix_web::test]
async fn after_a_quiet_day_all_is_forgotten() {
    let server = server(&[]).await;
    for number in 0..FREE {
        assert_wrong(&try_log_in(&server, &address(number), "nobody", WRONG).await);
    }
    server.database.pass("25 h");
    for number in 0..FREE {
        assert_wrong(&try_log_in(&server, &address(number), "nobody", WRONG).await);
    }
    assert_throttled(
        &try_log_in(&server, "192.0.2.1", "nobody", WRONG).await,
        "10",
    );
}

#[actix_web::test]
async fn capitals_do_not_make_another_account() {
    let server = server(&[]).await;
    server.register("ada").await;
    for number in 0..FREE {
        let name = ["ada", "ADA", "Ada"][number % 3];
        assert_wrong(&try_log_in(&server, &address(number), name, WRONG).await);
    }
    for name in ["ada", "ADA", "aDa"] {
        assert_throttled(
            &try_log_in(&server, "192.0.2.1", name, PASSWORD).await,
            "10",
        );
    }
}

#[actix_web::test]
async fn of_200_parallel_guesses_from_200_networks_at_two_replicas_ten_are_compared() {
    let database = Arc::new(Database::new());
    let replicas = [replica(&database, &[]).await, replica(&database, &[]).await];
    for name in ["ada", "nobody"] {
        if name == "ada" {
            replicas[0].register("ada").await;
        }
        let guesses = (0..200).map(|number| {
            let server = &replicas[number % 2];
            async move { try_log_in(server, &address(number), name, WRONG).await }
        });
        let answers = join_all(guesses).await;
        let compared = answers.iter().filter(|answer| answer.status == 401).count();
        assert!((1..=FREE).contains(&compared), "{name}: {compared}");
        for answer in answers.iter().filter(|answer| answer.status != 401) {
            if answer.status != 503 {
                assert_throttled(answer, "10");
            }
        }
    }
    let counted = database.row("select max(failures) as most from throttle_failures");
    assert_eq!(counted, json!({"most": FREE}));
}

#[actix_web::test]
async fn who_found_no_room_was_not_counted() {
    let server = server(&[]).await;
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // For each core one is compared and eight wait.
    let many = cores * 9 + 30;
    let guesses = (0..many).map(|number| {
        let server = &server;
        async move {
            let name = format!("nobody{number}");
            try_log_in(server, &address(number), &name, WRONG).await
        }
    });
    let mut compared = 0;
    for answer in join_all(guesses).await {
        if answer.status == 401 {
            compared += 1;
        } else {
            answer.assert_problem(503, "overloaded");
            assert_eq!(answer.header("retry-after"), "5");
        }
    }
    assert!(compared < many, "the queue was never full");
    let failures = server
        .database
        .row("select sum(failures) as n from throttle_failures");
    assert_eq!(failures, json!({ "n": compared }));
    let empty = "throttle_failures where failures = 0";
    assert_eq!(server.database.count(empty), 0);
    let full = server
        .database
        .count("throttle_buckets where full_at > now() + interval '1 s'");
    assert!(usize::try_from(full).unwrap() <= compared);
}
