//! Logging in: an identifier and a password come in, a new session goes out.

use std::sync::Arc;

use diesel::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    ending::end_sessions,
    grant::{Grant, grant},
    policy::SessionPolicy,
    store::{self, LiveSession, RevokeReason, Which},
};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
    failure::Failure,
    state::AuthState,
    tokens::refresh_token::{RefreshToken, SessionHandle},
    users::{
        hashing_gate::Standing,
        identifier::Identifier,
        password::PresentedPassword,
        passwords::Authenticated,
        store::{self as users, User},
    },
};

/// Why someone is not logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// There is no such person, the password is wrong, or they may not sign in: which of these is
    /// not told.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// Nothing was decided.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Logs someone in. `presented` is the refresh token that the client already had, if any: its
/// session ends, so that a session planted in a browser does not outlive the login.
///
/// # Errors
///
/// A [`LogInError`].
pub async fn log_in(
    state: &Arc<AuthState>,
    identifier: Option<Identifier>,
    password: PresentedPassword,
    presented: Option<RefreshToken>,
    client: Client,
) -> Result<Grant, LogInError> {
    let key_ring = state.keys.key_ring()?;
    let credentials = match identifier {
        Some(identifier) => {
            let find = move |connection: &mut PgConnection| {
                Ok::<_, Failure>(users::credentials_of(connection, &identifier)?)
            };
            state.database.run(find).await?
        }
        None => None,
    };
    let user_id = credentials.as_ref().map(|found| found.id);
    let Some(authenticated) = state
        .passwords
        .authenticate(credentials, password, Standing::Stranger, &key_ring)
        .await?
    else {
        return refuse(state, user_id, client).await;
    };

    let new_session = NewSession {
        handle: SessionHandle::generate().map_err(Failure::from)?,
        policy: state.session_policy,
        client: client.clone(),
    };
    let handle = new_session.handle.clone();
    let grantor = Arc::clone(state);
    let granted = state
        .database
        .run_then(
            move |connection| admit(connection, &authenticated, presented.as_ref(), &new_session),
            move |admitted| {
                admitted
                    .map(|(session, user)| grant(&grantor, &key_ring, &session, handle, Some(user)))
                    .transpose()
            },
        )
        .await?;
    match granted {
        Some(grant) => Ok(grant),
        None => refuse(state, user_id, client).await,
    }
}

/// A session about to be opened.
pub(super) struct NewSession {
    pub(super) handle: SessionHandle,
    pub(super) policy: SessionPolicy,
    pub(super) client: Client,
}

impl NewSession {
    /// Ends the session that the client had before, if it had one.
    pub(super) fn replace(
        &self,
        connection: &mut PgConnection,
        presented: Option<&RefreshToken>,
    ) -> Result<(), Failure> {
        let Some(presented) = presented else {
            return Ok(());
        };
        if let Some(found) = store::find(connection, &presented.handle)? {
            let (user_id, which) = (found.session.user_id, Which::One(found.session.id));
            end_sessions(
                connection,
                user_id,
                which,
                RevokeReason::Replaced,
                Some(&self.client),
            )?;
        }
        Ok(())
    }

    /// Adds the session and the event that tells of it.
    pub(super) fn open(
        &self,
        connection: &mut PgConnection,
        user_id: Uuid,
        kind: EventKind,
    ) -> Result<LiveSession, Failure> {
        let session = store::insert(
            connection,
            user_id,
            &self.handle,
            &self.policy,
            &self.client,
        )?;
        let event = Event::by(&self.client, kind)
            .of_user(user_id)
            .in_session(session.id);
        events::record(connection, &event)?;
        Ok(session)
    }
}

/// Opens the session, unless the person changed while the password was compared.
fn admit(
    connection: &mut PgConnection,
    authenticated: &Authenticated,
    presented: Option<&RefreshToken>,
    new_session: &NewSession,
) -> Result<Option<(LiveSession, User)>, Failure> {
    connection.transaction(|connection| {
        let Some(user) = users::lock_if_unchanged(connection, &authenticated.credentials)? else {
            return Ok(None);
        };
        if let Some(hash) = &authenticated.upgraded_hash {
            users::upgrade_password_hash(connection, user.id, hash)?;
        }
        new_session.replace(connection, presented)?;
        let session = new_session.open(connection, user.id, EventKind::LoggedIn)?;
        Ok(Some((session, user)))
    })
}

async fn refuse(
    state: &AuthState,
    user_id: Option<Uuid>,
    client: Client,
) -> Result<Grant, LogInError> {
    let record = move |connection: &mut PgConnection| {
        let event = Event::by(&client, EventKind::LoginFailed).of_user(user_id);
        Ok::<_, Failure>(events::record(connection, &event)?)
    };
    state.database.run(record).await?;
    Err(LogInError::InvalidCredentials)
}
