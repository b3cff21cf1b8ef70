//! What a successful login or refresh gives: an access token and a refresh token.

use chrono::{DateTime, Utc};
use shared_claims::Scopes;
use uuid::Uuid;

use super::store::LiveSession;
use crate::{
    failure::Failure,
    keys::key_ring::KeyRing,
    state::AuthState,
    tokens::{
        access_token::mint,
        device_token::{DeviceToken, IssuedDeviceToken},
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
    /// Who, and a token for their device, after a login or registration.
    pub signed_in: Option<SignedIn>,
}

/// Someone who has just shown who they are.
#[derive(Clone)]
pub struct SignedIn {
    /// The person.
    pub user: User,
    /// For the cookie.
    pub device_token: IssuedDeviceToken,
}

impl SignedIn {
    /// Knows the device from now on, while the password stays the one set at that time.
    ///
    /// # Errors
    ///
    /// [`Failure::Randomness`].
    pub fn new(
        state: &AuthState,
        user: User,
        password_changed_at: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let device = DeviceToken::generate(user.id, password_changed_at)?;
        Ok(Self {
            user,
            device_token: device.issue(&state.master_keys),
        })
    }
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
    signed_in: Option<SignedIn>,
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
        scope: policy.scope_of(session),
        session_id: session.id,
        refresh_token,
        refresh_expires_in: seconds_left(session),
        signed_in,
    })
}

fn seconds_left(session: &LiveSession) -> i64 {
    (session.idle_expires_at - session.now).num_seconds()
}
