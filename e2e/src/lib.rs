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
pub mod prometheus;
pub mod system;

/// Asks for the full form of tests that have a shorter one: any value will do.
pub const FULL_VARIABLE: &str = "LATCHKEY_TEST_IN_FULL";

/// Whether tests that have a shorter form shall run in full, as long as that takes.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a variable for test runs, not a setting"
)]
pub fn in_full() -> bool {
    std::env::var_os(FULL_VARIABLE).is_some()
}
