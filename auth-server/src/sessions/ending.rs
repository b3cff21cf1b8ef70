//! Ending sessions before their time: the one place that does, that publishes it and that records it.

use diesel::{PgConnection, QueryResult};
use serde_json::{Value, json};
use uuid::Uuid;

use super::store::{self, Ended, RevokeReason, Which};
use crate::{
    events::{self, Actor, Event, EventKind},
    revocations::store as revocations,
};

/// Ends sessions of a person, tells resource servers, and records one event for each that had not ended
/// before, and says how many these are. To be called in a transaction.
///
/// # Errors
///
/// A statement's failure.
pub fn end_sessions(
    connection: &mut PgConnection,
    user_id: Uuid,
    which: Which,
    reason: RevokeReason,
    actor: Actor<'_>,
) -> QueryResult<usize> {
    let ended = store::revoke(connection, user_id, which, reason)?;
    let events: Vec<Event<'_>> = ended
        .iter()
        .map(|session| {
            let event = Event::of_actor(actor, kind(reason))
                .of_user(user_id)
                .in_session(session.id);
            if reason == RevokeReason::Reuse {
                event.with_details(last_rotation(session))
            } else {
                event
            }
        })
        .collect();
    events::record_all(connection, &events)?;
    // Last, since the feed counts on a short time between this and the commit.
    let ids: Vec<Uuid> = ended.iter().map(|session| session.id).collect();
    revocations::publish(connection, &ids)?;
    Ok(ids.len())
}

fn kind(reason: RevokeReason) -> EventKind {
    match reason {
        RevokeReason::Logout => EventKind::LoggedOut,
        RevokeReason::Reuse => EventKind::RefreshReused,
        RevokeReason::Revoked
        | RevokeReason::Replaced
        | RevokeReason::PasswordChanged
        | RevokeReason::UserDisabled
        | RevokeReason::AccountDeleted
        | RevokeReason::Administrator => EventKind::SessionRevoked,
    }
}

/// The other party of a reuse: the event itself tells of whoever presented the superseded token, this
/// of whoever made the rotation that superseded it. Either may be the thief.
fn last_rotation(session: &Ended) -> Value {
    json!({
        "generation": session.generation,
        "last_rotation": {
            "at": session.rotated_at,
            "ip": session.ip.addr(),
            "user_agent": session.user_agent,
        },
    })
}
