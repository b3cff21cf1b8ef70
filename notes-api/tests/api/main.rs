//! The notes API from outside: real HTTP, a real Postgres with a database per test, a real key set
//! endpoint. The files follow the URLs; `http` and `security` hold what is true of all of them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod command_line;
mod flood;
mod harness;
mod health;
mod http;
mod log_lines;
mod metrics;
mod notes;
mod outages;
mod security;
