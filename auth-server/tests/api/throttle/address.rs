//! Guesses from one network.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{WRONG, assert_throttled, assert_wrong, login, replica, server, try_log_in};
use crate::harness::{Database, PASSWORD};

const BURST: usize = 10;

#[actix_web::test]
async fn ten_at_once_and_then_one_after_the_other() {
    let server = server(&[]).await;
    for number in 0..BURST {
        assert_wrong(&try_log_in(&server, "192.0.2.1", &format!("nobody{number}"), WRONG).await);
    }
    let refused = try_log_in(&server, "192.0.2.1", "somebody", WRONG).await;
    let wait = assert_throttled(&refused, "10");
    assert!((30..=60).contains(&wait), "{wait}");
    assert_wrong(&try_log_in(&server, "192.0.2.2", "somebody", WRONG).await);

    server.database.pass("1 m");
    assert_wrong(&try_log_in(&server, "192.0.2.1", "one more", WRONG).await);
    assert_throttled(
        &try_log_in(&server, "192.0.2.1", "two more", WRONG).await,
        "10",
    );
    server.database.pass("1 h");
    for number in 0..BURST {
        assert_wrong(&try_log_in(&server, "192.0.2.1", &format!("later{number}"), WRONG).await);
    }
    assert_throttled(
        &try_log_in(&server, "192.0.2.1", "eleventh", WRONG).await,
        "10",
    );
}

#[actix_web::test]
async fn another_spelling_or_another_address_of_the_same_64_is_the_same_network() {
    let server = server(&[]).await;
    let spellings = [
        "2001:db8:0:1::1",
        "2001:db8:0:1::2",
        "2001:0DB8::1:0:0:0:1",
        "2001:db8:0:1:ffff:ffff:ffff:ffff",
        "2001:db8:0:1:0:0:192.0.2.1",
    ];
    for number in 0..BURST {
        let address = spellings[number % spellings.len()];
        assert_wrong(&try_log_in(&server, address, &format!("nobody{number}"), WRONG).await);
    }
    for address in spellings {
        assert_throttled(&try_log_in(&server, address, "somebody", WRONG).await, "10");
    }
    assert_wrong(&try_log_in(&server, "2001:db8:0:2::1", "somebody", WRONG).await);

    for number in 0..BURST {
        let address = ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"][number % 3];
        assert_wrong(&try_log_in(&server, address, &format!("anybody{number}"), WRONG).await);
    }
    assert_throttled(
        &try_log_in(&server, "192.0.2.1", "somebody", WRONG).await,
        "10",
    );
}

#[actix_web::test]
async fn a_client_does_not_choose_the_address_it_is_counted_by() {
    let server = server(&[]).await;
    for number in 0..BURST {
        let forged = format!("203.0.113.{number}, 192.0.2.1");
        let call = login(&server, &forged, &format!("nobody{number}"), WRONG)
            .header("forwarded", "for=203.0.113.9")
            .header("x-real-ip", "203.0.113.9");
        assert_wrong(&call.send().await);
    }
    let refused = try_log_in(&server, "203.0.113.99, 192.0.2.1", "somebody", WRONG).await;
    assert_throttled(&refused, "10");
}

#[actix_web::test]
async fn who_is_right_is_not_counted_and_gains_no_guesses_either() {
    let server = server(&[]).await;
    server.register("ada").await;
    for _ in 0..BURST * 2 {
        let answer = try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await;
        assert_eq!(answer.status, 200);
    }
    for number in 0..BURST {
        assert_wrong(&try_log_in(&server, "192.0.2.1", &format!("nobody{number}"), WRONG).await);
        if number < BURST - 1 {
            let own = try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await;
            assert_eq!(own.status, 200, "a login of one's own between guesses");
        }
    }
    assert_throttled(
        &try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await,
        "10",
    );
}

#[actix_web::test]
async fn of_200_parallel_guesses_at_two_replicas_ten_are_compared() {
    let database = Arc::new(Database::new());
    let replicas = [
        replica(&database, &["--throttle-flood-burst", "1000"]).await,
        replica(&database, &["--throttle-flood-burst", "1000"]).await,
    ];
    let guesses = (0..200).map(|number| {
        let name = format!("nobody{number}");
        let server = &replicas[number % 2];
        async move { try_log_in(server, "192.0.2.1", &name, WRONG).await }
    });
    let answers = join_all(guesses).await;
    let compared = answers.iter().filter(|answer| answer.status == 401).count();
    for answer in answers.iter().filter(|answer| answer.status != 401) {
        if answer.status != 503 {
            assert_throttled(answer, "10");
        }
    }
    // Those that found no room before they were counted are not among them.
    assert!(compared <= BURST, "{compared}");
    let events = database.events();
    let failed = events.iter().filter(|kind| *kind == "login_failed").count();
    assert_eq!(failed, compared);
    // One of each replica for a minute of refusals.
    let told = events.iter().filter(|kind| *kind == "throttled").count();
    assert!((1..=2).contains(&told), "{events:?}");
}

#[actix_web::test]
async fn a_refusal_is_recorded_once_a_minute() {
    let server = server(&[]).await;
    for number in 0..BURST + 5 {
        try_log_in(&server, "192.0.2.1", &format!("nobody{number}"), WRONG).await;
    }
    let told = server
        .database
        .rows("select ip, user_id, details from security_events where kind = 'throttled'");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["ip"], "192.0.2.1");
    assert_eq!(told[0]["details"]["limit"], "address");
}

#[actix_web::test]
async fn pages_of_other_origins_may_read_how_long_to_wait() {
    let origin = "https://app.example.org";
    let server = server(&["--allowed-origins", origin, "--throttle-address-burst", "1"]).await;
    try_log_in(&server, "192.0.2.1", "nobody", WRONG).await;
    let refused = login(&server, "192.0.2.1", "nobody", WRONG)
        .header("origin", origin)
        .send()
        .await;
    assert_throttled(&refused, "1");
    let exposed = refused
        .header("access-control-expose-headers")
        .to_lowercase();
    for header in [
        "retry-after",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
    ] {
        assert!(exposed.contains(header), "{exposed}");
    }
}
