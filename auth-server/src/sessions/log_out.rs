//! Logging out: of this session, of the others, or of all.

use std::time::Instant;

use diesel::{Connection, PgConnection, QueryResult};

use super::{
    caller::Caller,
    ending::end_sessions,
    outcomes::{LogOutOutcome, Undecided},
    rotation::{Decision, decide},
    store::{self, RevokeReason, Which},
};
use crate::{
    client::Client, events::Actor, failure::Failure, state::AuthState,
    tokens::refresh_token::RefreshToken,
};

/// Which sessions a person logs out of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LogOutScope {
    /// The one that asks.
    #[default]
    This,
    /// All but the one that asks.
    Others,
    /// All.
    All,
}

/// Who asks to be logged out.
#[derive(Clone, Debug)]
pub enum Holder {
    /// The holder of an authentic refresh token.
    OfRefreshToken(RefreshToken),
    /// The holder of a verified access token.
    OfAccessToken(Caller),
}

/// Why not all that was asked for was ended.
#[derive(Debug, thiserror::Error)]
pub enum LogOutError {
    /// The refresh token was succeeded before: it speaks for no other session. Its own was ended.
    #[error("the refresh token was used before")]
    Reused,
    /// Nothing was decided.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Ends sessions. A session that has ended already stays as it is, so repeating the call changes
/// nothing.
///
/// # Errors
///
/// A [`LogOutError`].
pub async fn log_out(
    state: &AuthState,
    holder: Holder,
    scope: LogOutScope,
    client: Client,
    arrived: Instant,
) -> Result<(), LogOutError> {
    let policy = state.session_policy;
    let database = state.database.clone();
    let end = move |connection: &mut PgConnection| {
        connection.transaction(|connection| match holder {
            Holder::OfAccessToken(caller) => {
                if !caller.is_signed_in(connection)? {
                    return Ok(LogOutOutcome::Over);
                }
                end(connection, caller, scope, &client)?;
                Ok(LogOutOutcome::Ended)
            }
            Holder::OfRefreshToken(token) => {
                let Some(found) = store::find(connection, &token.handle)? else {
                    return Ok(LogOutOutcome::Over);
                };
                let caller = Caller {
                    user_id: found.session.user_id,
                    session_id: found.session.id,
                };
                let window = policy.window(arrived, database.recent_outage(policy.grace));
                match decide(&found.state, token.generation, found.session.now, window) {
                    Decision::Rotate | Decision::Repeat => end(connection, caller, scope, &client)?,
                    Decision::Revoked | Decision::Expired => return Ok(LogOutOutcome::Over),
                    Decision::Ahead => end(connection, caller, LogOutScope::This, &client)?,
                    Decision::Reuse => {
                        let (user_id, which) = (caller.user_id, Which::One(caller.session_id));
                        end_sessions(
                            connection,
                            user_id,
                            which,
                            RevokeReason::Reuse,
                            Actor::Client(&client),
                        )?;
                        return Ok(LogOutOutcome::Reused);
                    }
                }
                Ok::<_, Failure>(LogOutOutcome::Ended)
            }
        })
    };
    let undecided = Undecided::new(&state.outcomes.logouts, LogOutOutcome::Failed);
    let count = move |outcome| {
        undecided.decide(outcome);
        Ok(outcome)
    };
    match state.database.run_then(end, count).await? {
        LogOutOutcome::Reused if scope != LogOutScope::This => Err(LogOutError::Reused),
        _ => Ok(()),
    }
}

fn end(
    connection: &mut PgConnection,
    caller: Caller,
    scope: LogOutScope,
    client: &Client,
) -> QueryResult<()> {
    let which = match scope {
        LogOutScope::This => Which::One(caller.session_id),
        LogOutScope::Others => Which::AllBut(caller.session_id),
        LogOutScope::All => Which::All,
    };
    end_sessions(
        connection,
        caller.user_id,
        which,
        RevokeReason::Logout,
        Actor::Client(client),
    )
    .map(drop)
}
