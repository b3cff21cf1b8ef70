//! Registering: a new person, logged in at once.

use std::sync::Arc;

use diesel::Connection;
use secrecy::SecretString;
use service_runtime::database::DatabaseError;

use super::{
    grant::{Grant, grant},
    log_in::NewSession,
};
use crate::{
    client::Client,
    events::EventKind,
    failure::Failure,
    state::AuthState,
    tokens::refresh_token::{RefreshToken, SessionHandle},
    users::{
        full_name::FullName,
        hashing_gate::Standing,
        password::NewPasswordError,
        store::{self as users, EMAIL_TAKEN, NewUser, USERNAME_TAKEN},
    },
};

/// Why someone is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The password is too short, too long, or too easy to guess.
    #[error(transparent)]
    Password(#[from] NewPasswordError),
    /// Someone goes by that username.
    #[error("the username is taken")]
    UsernameTaken,
    /// Someone goes by that e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Nothing was decided.
    #[error(transparent)]
    Failure(Failure),
}

impl From<Failure> for RegisterError {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Database(error) => match error.violated_constraint() {
                Some(USERNAME_TAKEN) => Self::UsernameTaken,
                Some(EMAIL_TAKEN) => Self::EmailTaken,
                _ => Self::Failure(failure),
            },
            _ => Self::Failure(failure),
        }
    }
}

impl From<DatabaseError> for RegisterError {
    fn from(error: DatabaseError) -> Self {
        Failure::from(error).into()
    }
}

/// Registers someone and opens their first session; the one that the client had before ends.
///
/// # Errors
///
/// A [`RegisterError`].
pub async fn register(
    state: &Arc<AuthState>,
    user: NewUser,
    password: SecretString,
    presented: Option<RefreshToken>,
    client: Client,
) -> Result<Grant, RegisterError> {
    let key_ring = state.keys.key_ring()?;
    let password_hash = state
        .passwords
        .accept(password, context_of(&user), Standing::Stranger, &key_ring)
        .await??;
    let new_session = NewSession {
        handle: SessionHandle::generate().map_err(Failure::from)?,
        policy: state.session_policy,
        client,
    };
    let handle = new_session.handle.clone();
    let grantor = Arc::clone(state);
    let granted = state
        .database
        .run_then(
            move |connection| {
                connection.transaction(|connection| {
                    let user = users::insert(connection, &user, &password_hash)?;
                    new_session.replace(connection, presented.as_ref())?;
                    let session = new_session.open(connection, user.id, EventKind::Registered)?;
                    Ok::<_, Failure>((session, user))
                })
            },
            move |(session, user)| grant(&grantor, &key_ring, &session, handle, Some(user)),
        )
        .await?;
    Ok(granted)
}

/// What someone who knows this person would try as their password.
fn context_of(user: &NewUser) -> Vec<String> {
    let full_name = user.full_name.as_ref().map(FullName::as_str);
    [
        Some(user.username.as_str()),
        Some(user.email.as_str()),
        full_name,
    ]
    .into_iter()
    .flatten()
    .map(str::to_owned)
    .collect()
}
