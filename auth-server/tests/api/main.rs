//! The auth server from outside: real HTTP, a real Postgres, a database per test. The files follow
//! the URLs; `http` and `security` hold what is true of all of them.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod auth;
mod clean_up;
mod command_line;
mod harness;
mod health;
mod http;
mod keys;
mod metrics;
mod security;
mod throttle;
mod transfer;
mod well_known;
