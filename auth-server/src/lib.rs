//! The auth server: registers people, signs them in, issues access tokens and manages their
//! sessions.
//!
//! A request goes down and not back: [`http`] parses it, a use case of [`sessions`] decides, a store
//! asks the database, and what comes back is minted and answered.

pub mod administration;
pub mod app;
pub mod clean_up;
pub mod client;
pub mod commands;
pub mod config;
pub mod events;
pub mod failure;
pub mod http;
pub mod keys;
pub mod metrics;
pub mod revocations;
pub mod schema;
pub mod sessions;
pub mod state;
pub mod throttle;
pub mod tokens;
pub mod transfer;
pub mod users;
