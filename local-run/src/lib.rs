//! Runs the whole of Latchkey on one machine, for people and for tests, and touches nothing else on it.
//!
//! - [`postgres`]: a private Postgres cluster, and a database per test.
//! - [`process`]: child processes that never outlive this one.

pub mod account;
pub mod port;
pub mod postgres;
pub mod process;
pub mod secret;
pub mod temporary;
pub mod wait;
