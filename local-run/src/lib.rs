//! Runs the whole of Latchkey on one machine, for people and for tests, and touches nothing else on it.
//!
//! - [`stack`]: Postgres, both services and the gateway, started and stopped together.
//! - [`postgres`]: a private Postgres cluster, and a database per test.
//! - [`process`], [`daemon`]: child processes that never outlive this one.
//!
//! The binary `local-run` is what `make up`, `make start` and `make test` call.

pub mod account;
pub mod binaries;
pub mod daemon;
pub mod gateway;
pub mod installed;
pub mod operator;
pub mod port;
pub mod postgres;
pub mod process;
pub mod prometheus;
pub mod run_directory;
pub mod secret;
pub mod site;
pub mod stack;
pub mod temporary;
pub mod wait;
