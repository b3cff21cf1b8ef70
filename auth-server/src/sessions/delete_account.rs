//! Deleting an account: the person and their sessions go; the events stay, for operators.

use std::sync::Arc;

use diesel::{Connection, PgConnection};

use super::{
    caller::{Caller, CallerError},
    confirm::{ConfirmError, confirm},
    ending::end_sessions,
    store::{RevokeReason, Which},
};
use crate::{
    client::Client,
    events::{self, Actor, Event, EventKind},
    failure::Failure,
    state::AuthState,
    users::{password::PresentedPassword, store as users},
};

/// Deletes the caller's account, given the password.
///
/// # Errors
///
/// A [`ConfirmError`]; then nothing has changed.
pub async fn delete_account(
    state: &Arc<AuthState>,
    caller: Caller,
    password: PresentedPassword,
    client: Client,
) -> Result<(), ConfirmError> {
    let key_ring = state.keys.key_ring()?;
    let confirmed = confirm(state, caller, password, &client, &key_ring).await?;
    let delete = move |connection: &mut PgConnection| {
        connection.transaction(|connection| {
            let unchanged = users::lock_if_unchanged(connection, &confirmed.credentials)?;
            if unchanged.is_none() || !caller.is_signed_in(connection)? {
                return Ok(Err(CallerError::SessionEnded.into()));
            }
            end_sessions(
                connection,
                caller.user_id,
                Which::All,
                RevokeReason::AccountDeleted,
                Actor::Client(&client),
            )?;
            let event = Event::by(&client, EventKind::AccountDeleted)
                .of_user(caller.user_id)
                .in_session(caller.session_id);
            events::record(connection, &event)?;
            users::delete(connection, caller.user_id)?;
            Ok::<_, Failure>(Ok(()))
        })
    };
    state.database.run(delete).await?
}
