//! Minting access tokens (RFC 9068).

use shared_claims::{AccessClaims, Scopes};
use uuid::Uuid;

use super::jws::sign;
use crate::{failure::Failure, keys::signing_key::SigningKey, sessions::store::LiveSession};

/// What is the same in all access tokens.
#[derive(Clone, Debug)]
pub struct AccessTokenPolicy {
    /// The `iss` claim: the public origin.
    pub issuer: String,
    /// The `aud` claim: this server, and the resource servers that tokens are for.
    pub audiences: Vec<String>,
    /// The `scope` claim.
    pub scope: Scopes,
    /// `exp − iat`.
    pub lifetime_seconds: i64,
}

/// The audience by which this server's own calls know their tokens.
pub const OWN_AUDIENCE: &str = "auth-server";
/// The `client_id` claim: Latchkey has one kind of client, its own.
const CLIENT_ID: &str = "latchkey";

/// Mints the access token of a session, at the database's time.
///
/// # Errors
///
/// [`Failure::Signing`].
pub fn mint(
    session: &LiveSession,
    policy: &AccessTokenPolicy,
    key: &SigningKey,
) -> Result<String, Failure> {
    let issued_at = session.now.timestamp();
    let claims = AccessClaims {
        iss: policy.issuer.clone(),
        sub: session.user_id.to_string(),
        aud: policy.audiences.clone(),
        exp: issued_at + policy.lifetime_seconds,
        iat: issued_at,
        nbf: None,
        jti: Uuid::now_v7().to_string(),
        sid: session.id.to_string(),
        client_id: Some(CLIENT_ID.to_owned()),
        auth_time: Some(session.created_at.timestamp()),
        scope: policy.scope.clone(),
        preferred_username: Some(session.username.clone()),
        email: Some(session.email.clone()),
        name: session.full_name.clone(),
    };
    sign("at+jwt", &claims, key)
}
