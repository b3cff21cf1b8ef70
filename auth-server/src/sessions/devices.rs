//! A person's devices: the sessions in which they are signed in.

use diesel::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    caller::{Caller, CallerError},
    ending::end_sessions,
    store::{self, Device, RevokeReason, Which},
};
use crate::{client::Client, events::Actor, failure::Failure, state::AuthState};

/// Lists the caller's live sessions, the newest login first.
///
/// # Errors
///
/// A [`CallerError`].
pub async fn list(state: &AuthState, caller: Caller) -> Result<Vec<Device>, CallerError> {
    let list = move |connection: &mut PgConnection| {
        if !caller.is_signed_in(connection)? {
            return Ok(Err(CallerError::SessionEnded));
        }
        Ok::<_, Failure>(Ok(store::devices(connection, caller.user_id)?))
    };
    state.database.run(list).await?
}

/// Why a device is not signed out.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The caller has no such session.
    #[error("the caller has no such session")]
    NotFound,
    /// The caller may not ask.
    #[error(transparent)]
    Caller(#[from] CallerError),
}

impl From<Failure> for RevokeError {
    fn from(failure: Failure) -> Self {
        Self::Caller(failure.into())
    }
}

/// Ends one of the caller's sessions; one that has ended already stays as it is.
///
/// # Errors
///
/// A [`RevokeError`].
pub async fn revoke(
    state: &AuthState,
    caller: Caller,
    session_id: Uuid,
    client: Client,
) -> Result<(), RevokeError> {
    let end = move |connection: &mut PgConnection| {
        connection.transaction(|connection| {
            if !caller.is_signed_in(connection)? {
                return Ok(Err(CallerError::SessionEnded.into()));
            }
            if !store::belongs_to(connection, session_id, caller.user_id)? {
                return Ok(Err(RevokeError::NotFound));
            }
            let which = Which::One(session_id);
            end_sessions(
                connection,
                caller.user_id,
                which,
                RevokeReason::Revoked,
                Actor::Client(&client),
            )?;
            Ok::<_, Failure>(Ok(()))
        })
    };
    state.database.run(end).await?
}
