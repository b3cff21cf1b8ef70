//! What the whole-system tests share: a running Latchkey, a client of its gateway, a look into its
//! databases, and programs that run beside it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "that is how everything here tells a test that it has failed"
)]
#![expect(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "what is built here and dropped is seen by the test that lacks it"
)]

pub mod client;
pub mod database;
pub mod programs;
pub mod system;
