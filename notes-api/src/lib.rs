//! The notes API: notes that only their owner sees, behind access tokens that are verified offline.
//!
//! A request goes down and not back: [`http`] parses it, a use case of [`notes`] decides, the store
//! asks the database. It knows nothing of the auth server but the URLs of its public keys and of its
//! revocation feed, and calls neither it nor the database to check a token.

pub mod app;
pub mod config;
pub mod http;
pub mod metrics;
pub mod notes;
pub mod schema;
pub mod state;
