//! What the binary does besides serving, for an operator: each command is one transaction, and says what
//! came of it.

pub mod keys;
pub mod users;

use diesel::PgConnection;
use service_runtime::{database, settings::DatabaseUrl};

/// What a command comes to: what to tell the operator, or why nothing was done.
pub type Outcome = Result<String, Box<dyn std::error::Error>>;

fn connect(url: &DatabaseUrl) -> Result<PgConnection, diesel::ConnectionError> {
    database::connect(url, "auth-server-command")
}
