//! Ending sessions before their time: the one place that does, and that records it.

use diesel::{PgConnection, QueryResult};
use uuid::Uuid;

use super::store::{self, RevokeReason, Which};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
};

/// Ends sessions of a person and records one event for each that had not ended before. To be called
/// in a transaction.
///
/// # Errors
///
/// A statement's failure.
pub(super) fn end_sessions(
    connection: &mut PgConnection,
    user_id: Uuid,
    which: Which,
    reason: RevokeReason,
    client: &Client,
) -> QueryResult<()> {
    let kind = match reason {
        RevokeReason::Logout => EventKind::LoggedOut,
        RevokeReason::Reuse => EventKind::RefreshReused,
        RevokeReason::Revoked | RevokeReason::Replaced | RevokeReason::PasswordChanged => {
            EventKind::SessionRevoked
        }
    };
    for ended in store::revoke(connection, user_id, which, reason)? {
        let event = Event {
            kind,
            user_id: Some(user_id),
            session_id: Some(ended),
            client,
        };
        events::record(connection, &event)?;
    }
    Ok(())
}
