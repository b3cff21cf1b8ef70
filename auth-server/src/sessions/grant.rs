//! What a successful login or refresh gives: an access token and a refresh token.

use shared_claims::Scopes;
use uuid::Uuid;

use super::store::LiveSession;
use crate::{
    failure::Failure,
    keys::key_ring::KeyRing,
    state::AuthState,
    tokens::{
        access_token::mint,
        refresh_token::{IssuedRefreshToken, RefreshToken, SessionHandle},
    },
    users::store::User,
};

/// The tokens of a session, for its holder.
#[derive(Clone)]
pub struct Grant {
    /// Compact RS256 token (RFC 9068).
    pub access_token: AccessToken,
    /// Seconds until it expires.
    pub expires_in: i64,
    /// Space-separated (RFC 6749 section 3.3).
    pub scope: Scopes,
    /// The session's public id.
    pub session_id: Uuid,
    /// For the cookie or the body.
    pub refresh_token: IssuedRefreshToken,
    /// Seconds until the session ends unless it is refreshed.
    pub refresh_expires_in: i64,
    /// Who, after a login or registration.
    pub user: Option<User>,
}

/// A minted access token. It does not print.
#[derive(Clone, Eq, PartialEq)]
pub struct AccessToken(String);

impl AccessToken {
    /// The text, for the answer.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken(hidden)")
    }
}

/// Makes the tokens for a session in its present generation. This signs: not on a worker.
///
/// # Errors
///
/// [`Failure::Signing`].
pub fn grant(
    state: &AuthState,
    key_ring: &KeyRing,
    session: &LiveSession,
    handle: SessionHandle,
    user: Option<User>,
) -> Result<Grant, Failure> {
    let policy = &state.access_token_policy;
    let access_token = AccessToken(mint(session, policy, key_ring.active())?);
    let refresh_token = RefreshToken {
        handle,
        generation: session.generation,
    }
    .issue(&state.master_keys);
    Ok(Grant {
        access_token,
        expires_in: policy.lifetime_seconds,
        scope: policy.scope.clone(),
        session_id: session.id,
        refresh_token,
        refresh_expires_in: seconds_left(session),
        user,
    })
}

fn seconds_left(session: &LiveSession) -> i64 {
    (session.idle_expires_at - session.now).num_seconds()
}
