//! What the binary does besides serving, for an operator: each command is one transaction, and says what
//! came of it.

pub mod keys;
pub mod users;

use diesel::{Connection, PgConnection};
use service_runtime::settings::DatabaseUrl;

/// What a command comes to: what to tell the operator, or why nothing was done.
pub type Outcome = Result<String, Box<dyn std::error::Error>>;

fn connect(url: &DatabaseUrl) -> Result<PgConnection, diesel::ConnectionError> {
    PgConnection::establish(url.expose())
}
