//! Refreshing a session: a refresh token comes in, its successor and a fresh access token go out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{Connection, PgConnection};

use super::{
    ending::end_sessions,
    grant::{Grant, grant},
    policy::SessionPolicy,
    rotation::{Decision, decide},
    store::{self, LiveSession, RevokeReason, Which},
};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
    failure::Failure,
    state::AuthState,
    tokens::refresh_token::RefreshToken,
};

/// Why a refresh token gives no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It is forged, mangled, of a deleted session, or newer than the restored database.
    #[error("not a refresh token of any session")]
    Invalid,
    /// The session's time is over.
    #[error("the session has expired")]
    Expired,
    /// The session was ended before.
    #[error("the session was ended")]
    Revoked,
    /// It was succeeded before; the session has now been ended.
    #[error("the refresh token was used before")]
    Reused,
    /// Nothing was decided.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Exchanges a refresh token. `arrived` is when the request did: the grace window is measured to
/// that moment, so that neither a queue in this process nor a database that is away makes a thief of anyone.
///
/// # Errors
///
/// A [`RefreshError`]. After [`RefreshError::Reused`] the session is ended, and stays so.
pub async fn refresh(
    state: &Arc<AuthState>,
    unverified_token: &str,
    client: Client,
    arrived: Instant,
) -> Result<Grant, RefreshError> {
    let token = RefreshToken::authenticate(unverified_token, &state.master_keys)
        .ok_or(RefreshError::Invalid)?;
    let key_ring = state.keys.key_ring()?;
    let handle = token.handle.clone();
    let policy = state.session_policy;
    let database = state.database.clone();
    let window = move || policy.window(arrived, database.recent_outage(policy.grace));
    let grantor = Arc::clone(state);
    state
        .database
        .run_then(
            move |connection| exchange(connection, &token, &policy, &window, &client),
            move |outcome| match outcome {
                Ok(session) => Ok(Ok(grant(&grantor, &key_ring, &session, handle, None)?)),
                Err(refusal) => Ok(Err(refusal)),
            },
        )
        .await
        .map_err(RefreshError::Failure)?
}

/// How often to look again at a session that changed between the attempt and the look. Each look
/// that finds it rotatable is followed by an attempt that only another change can defeat.
const ATTEMPTS: usize = 3;

/// What the database says of a presented token. A refusal is an `Ok` here, so that what it wrote is
/// committed.
type Outcome = Result<LiveSession, RefreshError>;

fn exchange(
    connection: &mut PgConnection,
    token: &RefreshToken,
    policy: &SessionPolicy,
    window: &impl Fn() -> Duration,
    client: &Client,
) -> Result<Outcome, Failure> {
    for _ in 0..ATTEMPTS {
        if let Some(session) = store::rotate(connection, token, policy, window(), client)? {
            return Ok(Ok(session));
        }
        let window = window();
        let Some(found) = store::find(connection, &token.handle)? else {
            return Ok(Err(RefreshError::Invalid));
        };
        match decide(&found.state, token.generation, found.session.now, window) {
            Decision::Rotate => {}
            Decision::Repeat => return Ok(Ok(found.session)),
            Decision::Reuse => {
                end_reused(connection, &found.session, client)?;
                return Ok(Err(RefreshError::Reused));
            }
            Decision::Ahead => {
                log::error!(
                    session = found.session.id.to_string().as_str(),
                    presented = token.generation,
                    stored = found.session.generation;
                    "a refresh token is ahead of the database: was it restored from a backup?"
                );
                let event = Event::by(client, EventKind::RefreshAhead)
                    .of_user(found.session.user_id)
                    .in_session(found.session.id);
                events::record(connection, &event)?;
                return Ok(Err(RefreshError::Invalid));
            }
            Decision::Revoked => return Ok(Err(RefreshError::Revoked)),
            Decision::Expired => return Ok(Err(RefreshError::Expired)),
        }
    }
    Err(Failure::Contended)
}

/// Ends a session whose superseded token was presented. That it is superseded cannot change back, so
/// no lock is needed between the look and this.
fn end_reused(
    connection: &mut PgConnection,
    session: &LiveSession,
    client: &Client,
) -> Result<(), Failure> {
    let which = Which::One(session.id);
    connection.transaction(|connection| {
        let reason = RevokeReason::Reuse;
        Ok(end_sessions(
            connection,
            session.user_id,
            which,
            reason,
            Some(client),
        )?)
    })
}
