//! Passwords are hashed a few at a time. A flood of logins waits in a queue that has an end.

use std::{num::NonZeroUsize, thread};

use futures_util::future::{join, join_all};

use crate::harness::TestServer;

#[actix_web::test]
async fn what_does_not_fit_the_queue_is_told_to_come_back_and_refreshes_go_on() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // For each core one runs and eight wait: strangers fill half of the queue.
    let flood = join_all((0..cores * 9 + 30).map(|_| server.try_log_in("nobody", "a password")));
    let (answers, refreshed) = join(flood, server.refresh(&tokens)).await;

    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let (overloaded, decided): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.body["code"] == "overloaded");
    assert!(!overloaded.is_empty());
    for answer in overloaded {
        answer.assert_problem(503, "overloaded");
        assert!(answer.header("retry-after").parse::<u32>().is_ok());
    }
    assert!(decided.len() >= cores * 9);
    for answer in &decided {
        answer.assert_problem(401, "invalid_credentials");
    }
    let failed = "security_events where kind = 'login_failed'";
    assert_eq!(server.database.count(failed), decided.len() as u64);
    // The queue is empty again.
    server.log_in("ada").await;
}
