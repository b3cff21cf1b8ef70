//! Refreshing a session: a refresh token comes in, its successor and a fresh access token go out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{Connection, PgConnection};

use super::{
    ending::end_sessions,
    grant::{Grant, grant},
    outcomes::{RefreshOutcome, Undecided},
    policy::SessionPolicy,
    rotation::{Decision, decide},
    store::{self, LiveSession, RevokeReason, Which},
};
use crate::{
    client::Client,
    events::{self, Actor, Event, EventKind},
    failure::Failure,
    state::AuthState,
    tokens::refresh_token::RefreshToken,
};

/// Why a refresh token gives no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It is forged or mangled.
    #[error("not a refresh token")]
    Forged,
    /// It is of a deleted session.
    #[error("not a refresh token of any session")]
    Unknown,
    /// It is newer than the restored database.
    #[error("the refresh token is ahead of the database")]
    Ahead,
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
    let Some(token) = RefreshToken::authenticate(unverified_token, &state.master_keys) else {
        state.outcomes.refreshes.count(RefreshOutcome::Forged);
        return Err(RefreshError::Forged);
    };
    exchange_for_grant(state, token, client, arrived).await?
}

async fn exchange_for_grant(
    state: &Arc<AuthState>,
    token: RefreshToken,
    client: Client,
    arrived: Instant,
) -> Result<Result<Grant, RefreshError>, Failure> {
    let undecided = Undecided::new(&state.outcomes.refreshes, RefreshOutcome::Failed);
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
            move |exchanged| {
                let (outcome, decided) = match exchanged {
                    Ok(Exchanged { session, outcome }) => {
                        let granted = grant(&grantor, &key_ring, &session, handle, None)?;
                        (outcome, Ok(granted))
                    }
                    Err(refusal) => ((&refusal).into(), Err(refusal)),
                };
                undecided.decide(outcome);
                Ok(decided)
            },
        )
        .await
}

/// How often to look again at a session that changed between the attempt and the look. Each look
/// that finds it rotatable is followed by an attempt that only another change can defeat.
const ATTEMPTS: usize = 3;

/// A session whose token was good for another one.
struct Exchanged {
    session: LiveSession,
    outcome: RefreshOutcome,
}

impl Exchanged {
    fn rotated(session: LiveSession) -> Self {
        let outcome = RefreshOutcome::Rotated;
        Self { session, outcome }
    }

    fn repeated(session: LiveSession) -> Self {
        let outcome = RefreshOutcome::Repeated;
        Self { session, outcome }
    }
}

/// What the database says of a presented token. A refusal is an `Ok` here, so that what it wrote is
/// committed.
type Outcome = Result<Exchanged, RefreshError>;

fn exchange(
    connection: &mut PgConnection,
    token: &RefreshToken,
    policy: &SessionPolicy,
    window: &impl Fn() -> Duration,
    client: &Client,
) -> Result<Outcome, Failure> {
    for _ in 0..ATTEMPTS {
        if let Some(session) = store::rotate(connection, token, policy, window(), client)? {
            return Ok(Ok(Exchanged::rotated(session)));
        }
        let window = window();
        let Some(found) = store::find(connection, &token.handle)? else {
            return Ok(Err(RefreshError::Unknown));
        };
        match decide(&found.state, token.generation, found.session.now, window) {
            Decision::Rotate => {}
            Decision::Repeat => return Ok(Ok(Exchanged::repeated(found.session))),
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
                return Ok(Err(RefreshError::Ahead));
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
        let (reason, actor) = (RevokeReason::Reuse, Actor::Client(client));
        end_sessions(connection, session.user_id, which, reason, actor)?;
        Ok(())
    })
}
