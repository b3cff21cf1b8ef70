//! What every request has at hand.

use std::sync::Arc;

use service_runtime::database::Database;
use shared_claims::remote::{RemoteKeys, RemoteRevocations};

/// The notes API, without its HTTP.
pub struct NotesState {
    /// Where notes are kept.
    pub database: Database,
    /// What access tokens are verified with.
    pub keys: Arc<RemoteKeys>,
    /// What is known to be revoked; `None` where nobody wants to know.
    pub revocations: Option<Arc<RemoteRevocations>>,
}

impl NotesState {
    /// Comes back when the issuer's keys are there, which may be never, and its revocations were
    /// asked for.
    pub async fn wait_for_issuer(&self) {
        self.keys.wait_until_ready().await;
        if let Some(revocations) = &self.revocations {
            revocations.wait_until_polled().await;
        }
    }
}
