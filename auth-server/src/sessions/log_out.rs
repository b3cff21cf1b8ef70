//! Logging out: of this session, of the others, or of all.

use diesel::{Connection, PgConnection};

use super::{
    caller::Caller,
    ending::end_sessions,
    rotation::{Decision, decide},
    store::{self, RevokeReason, Which},
};
use crate::{
    client::Client, failure::Failure, state::AuthState, tokens::refresh_token::RefreshToken,
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

/// Ends sessions. A session that has ended already stays as it is, so repeating the call changes
/// nothing. A superseded refresh token ends its own session, whatever the scope: it speaks for no
/// other.
///
/// # Errors
///
/// A [`Failure`]; then no session was ended.
pub async fn log_out(
    state: &AuthState,
    holder: Holder,
    scope: LogOutScope,
    client: Client,
) -> Result<(), Failure> {
    let grace = state.session_policy.grace;
    let end = move |connection: &mut PgConnection| {
        connection.transaction(|connection| {
            let (session_id, user_id, scope, reason) = match holder {
                Holder::OfRefreshToken(token) => {
                    let Some(found) = store::find(connection, &token.handle)? else {
                        return Ok(());
                    };
                    let now = found.session.now;
                    let (scope, reason) = match decide(&found.state, token.generation, now, grace) {
                        Decision::Rotate | Decision::Repeat => (scope, RevokeReason::Logout),
                        Decision::Revoked | Decision::Expired => return Ok(()),
                        Decision::Reuse => (LogOutScope::This, RevokeReason::Reuse),
                        Decision::Ahead => (LogOutScope::This, RevokeReason::Logout),
                    };
                    (found.session.id, found.session.user_id, scope, reason)
                }
                Holder::OfAccessToken(caller) => {
                    if !caller.is_signed_in(connection)? {
                        return Ok(());
                    }
                    (
                        caller.session_id,
                        caller.user_id,
                        scope,
                        RevokeReason::Logout,
                    )
                }
            };
            let which = match scope {
                LogOutScope::This => Which::One(session_id),
                LogOutScope::Others => Which::AllBut(session_id),
                LogOutScope::All => Which::All,
            };
            Ok(end_sessions(connection, user_id, which, reason, &client)?)
        })
    };
    state.database.run(end).await
}
