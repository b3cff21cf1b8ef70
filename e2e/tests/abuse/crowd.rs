//! Clients from many networks.

use e2e::client::{Answer, Client, loopback_address};
use e2e::system::System;
use serde_json::json;

/// So many clients, each from an address of its own.
pub(crate) fn of(system: &System, size: u16) -> Vec<Client> {
    (0..size)
        .map(|number| Client::calling_from(system.stack.url(), loopback_address(number)))
        .collect()
}

/// Guesses a password, wrongly.
pub(crate) async fn guess(client: &Client, name: &str) -> Answer {
    let body = json!({"identifier": name, "password": "a wrong guess"});
    client.post("/auth/login").json(&body).send().await
}

/// Whether a guess was compared; if not, it was refused as throttled, or for want of room.
#[track_caller]
pub(crate) fn was_compared(answer: &Answer) -> bool {
    match answer.status {
        401 => answer.assert_problem(401, "invalid_credentials"),
        // No room for its hash, or, on a busy machine, no connection in time.
        503 => assert!(["overloaded", "unavailable"].contains(&answer.code())),
        _ => {
            answer.assert_problem(429, "rate_limited");
            for header in [
                "retry-after",
                "ratelimit-limit",
                "ratelimit-remaining",
                "ratelimit-reset",
            ] {
                answer.header(header).parse::<u64>().unwrap();
            }
        }
    }
    answer.status == 401
}
