//! A person's own profile.

use std::sync::Arc;

use diesel::{Connection, PgConnection};
use serde_json::json;

use super::{
    caller::{Caller, CallerError},
    register::reserve_name,
};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
    failure::Failure,
    state::AuthState,
    throttle::{Source, Throttled},
    users::store::{self as users, ProfileChanges, USERNAME_TAKEN, User},
};

/// Shows the caller's profile.
///
/// # Errors
///
/// A [`CallerError`].
pub async fn show(state: &AuthState, caller: Caller) -> Result<User, CallerError> {
    let find = move |connection: &mut PgConnection| {
        if !caller.is_signed_in(connection)? {
            return Ok(None);
        }
        Ok::<_, Failure>(users::find(connection, caller.user_id)?)
    };
    state
        .database
        .run(find)
        .await?
        .ok_or(CallerError::SessionEnded)
}

/// Why a profile is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Someone else goes by that username.
    #[error("the username is taken")]
    UsernameTaken,
    /// Someone tries too many names.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The caller may not ask.
    #[error(transparent)]
    Caller(#[from] CallerError),
}

impl From<Failure> for ProfileError {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Database(error) if error.violated_constraint() == Some(USERNAME_TAKEN) => {
                Self::UsernameTaken
            }
            _ => Self::Caller(failure.into()),
        }
    }
}

/// Changes the caller's profile and shows it. The event names the fields that are others now, not what
/// they hold: events outlive accounts.
///
/// # Errors
///
/// A [`ProfileError`].
pub async fn change(
    state: &Arc<AuthState>,
    caller: Caller,
    changes: ProfileChanges,
    client: Client,
) -> Result<User, ProfileError> {
    state.throttle.screen(Source::Session(caller.session_id))?;
    let reservation = match changes.username {
        Some(_) => Some(reserve_name(state, client.clone()).await??),
        None => None,
    };
    let changing = Arc::clone(state);
    let update = move |connection: &mut PgConnection| {
        connection.transaction(|connection| {
            if !caller.is_signed_in(connection)? {
                return Ok(None);
            }
            let Some(before) = users::find(connection, caller.user_id)? else {
                return Ok(None);
            };
            let updated = users::update_profile(connection, caller.user_id, &changes)?;
            if let Some(after) = &updated {
                let fields = changed_fields(&before, after);
                if fields.contains(&"username") {
                    let throttle = &changing.throttle;
                    throttle.rename(connection, &before.username, &after.username)?;
                }
                if !fields.is_empty() {
                    let event = Event::by(&client, EventKind::ProfileChanged)
                        .of_user(caller.user_id)
                        .in_session(caller.session_id)
                        .with_details(json!({ "fields": fields }));
                    events::record(connection, &event)?;
                }
            }
            Ok::<_, Failure>(updated)
        })
    };
    let updated = state
        .database
        .run(update)
        .await
        .map_err(ProfileError::from)
        .and_then(|updated| updated.ok_or_else(|| CallerError::SessionEnded.into()));
    // Whether the name was taken or free, one of them was told.
    if let Some(reservation) = reservation
        && let Err(ProfileError::Caller(_)) = updated
    {
        reservation.take_back(&state.database).await;
    }
    updated
}

fn changed_fields(before: &User, after: &User) -> Vec<&'static str> {
    let changed = [
        ("username", before.username != after.username),
        ("full_name", before.full_name != after.full_name),
    ];
    let changed = changed.into_iter().filter(|(_, changed)| *changed);
    changed.map(|(field, _)| field).collect()
}
