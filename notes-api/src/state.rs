//! What every request has at hand.

use std::sync::Arc;

use service_runtime::database::Database;
use shared_claims::remote::RemoteKeys;

/// The notes API, without its HTTP.
pub struct NotesState {
    /// Where notes are kept.
    pub database: Database,
    /// What access tokens are verified with.
    pub keys: Arc<RemoteKeys>,
}
