//! Keeping a person out, and letting them in again. What an operator does; people do not call it.

use diesel::{Connection, PgConnection, QueryResult};
use uuid::Uuid;

use super::{
    ending::end_sessions,
    store::{RevokeReason, Which},
};
use crate::{
    events::{self, Event, EventKind},
    users::store as users,
};

/// Disables a person: they can neither sign in nor refresh, and all their sessions end, in one transaction.
/// `false`, and nothing is done, if there is no such person or they are disabled already.
///
/// # Errors
///
/// A statement's failure; then nothing has changed.
pub fn disable(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<bool> {
    connection.transaction(|connection| {
        if !users::disable(connection, user_id)? {
            return Ok(false);
        }
        let reason = RevokeReason::UserDisabled;
        end_sessions(connection, user_id, Which::All, reason, None)?;
        let event = Event::by_operator(EventKind::UserDisabled).of_user(user_id);
        events::record(connection, &event)?;
        Ok(true)
    })
}

/// Lets a disabled person sign in again. The sessions of before stay ended. `false`, and nothing is done, if
/// there is no such person or they are not disabled.
///
/// # Errors
///
/// A statement's failure; then nothing has changed.
pub fn enable(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<bool> {
    connection.transaction(|connection| {
        if !users::enable(connection, user_id)? {
            return Ok(false);
        }
        let event = Event::by_operator(EventKind::UserEnabled).of_user(user_id);
        events::record(connection, &event)?;
        Ok(true)
    })
}
