//! Changing a password: every other session of the person ends in the same transaction.

use std::sync::Arc;

use diesel::{Connection, PgConnection};
use secrecy::SecretString;

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
    tokens::device_token::{DeviceToken, IssuedDeviceToken},
    users::{
        hashing_gate::Standing,
        password::{NewPasswordError, PresentedPassword},
        store as users,
    },
};

/// Why a password is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new one is too short, too long, or too easy to guess.
    #[error(transparent)]
    NewPassword(#[from] NewPasswordError),
    /// The current one was not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
}

impl From<Failure> for ChangePasswordError {
    fn from(failure: Failure) -> Self {
        Self::Confirm(failure.into())
    }
}

/// Changes the caller's password, given the current one. The session that asks stays, and its device is
/// known with the new one from now on.
///
/// # Errors
///
/// A [`ChangePasswordError`]; then nothing has changed.
pub async fn change_password(
    state: &Arc<AuthState>,
    caller: Caller,
    current: PresentedPassword,
    new: SecretString,
    client: Client,
) -> Result<IssuedDeviceToken, ChangePasswordError> {
    let key_ring = state.keys.key_ring()?;
    let confirmed = confirm(state, caller, current, &client, &key_ring).await?;
    let context = confirmed.user.context();
    let standing = Standing::Known(caller.user_id, client.network());
    let new_hash = state
        .passwords
        .accept(new, context, standing, &key_ring)
        .await??;
    let change = move |connection: &mut PgConnection| {
        connection.transaction(|connection| {
            let unchanged = users::lock_if_unchanged(connection, &confirmed.credentials)?;
            if unchanged.is_none() || !caller.is_signed_in(connection)? {
                return Ok(Err(CallerError::SessionEnded));
            }
            let changed_at = users::set_password_hash(connection, caller.user_id, &new_hash)?;
            let others = Which::AllBut(caller.session_id);
            end_sessions(
                connection,
                caller.user_id,
                others,
                RevokeReason::PasswordChanged,
                Actor::Client(&client),
            )?;
            let event = Event::by(&client, EventKind::PasswordChanged)
                .of_user(caller.user_id)
                .in_session(caller.session_id);
            events::record(connection, &event)?;
            Ok::<_, Failure>(Ok(changed_at))
        })
    };
    let changed_at = state
        .database
        .run(change)
        .await?
        .map_err(ConfirmError::from)?;
    let device = DeviceToken::generate(caller.user_id, changed_at).map_err(Failure::from)?;
    Ok(device.issue(&state.master_keys))
}
