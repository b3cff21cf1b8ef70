//! Latchkey as a whole: real Postgres, two replicas of each service, real nginx, and what others call it
//! with. A file per theme.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod access_cookie;
mod api_docs;
mod canary;
mod documents;
mod forged_tokens;
mod gateway;
mod handbook;
mod http_fuzz;
mod independence;
mod keys;
mod log_injection;
mod observability;
mod other_libraries;
mod restart;
mod revocation;
mod rotation;
mod schemathesis;
mod slow_clients;
mod story;
mod timing;
mod two_people;
mod walk_through;

use e2e as harness;
