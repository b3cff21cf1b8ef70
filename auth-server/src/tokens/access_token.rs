//! Minting access tokens (RFC 9068).

use shared_claims::{AccessClaims, Scopes};
use uuid::Uuid;

use super::{
    jws::sign,
    scope::{ADMIN_SCOPE, granted},
};
use crate::{failure::Failure, keys::signing_key::SigningKey, sessions::store::LiveSession};

/// What is the same in all access tokens.
#[derive(Clone, Debug)]
pub struct AccessTokenPolicy {
    /// The `iss` claim: the public origin.
    pub issuer: String,
    /// The `aud` claim: this server, and the resource servers that tokens are for.
    pub audiences: Vec<String>,
    /// The `scope` claim, unless something else was asked for.
    pub scope: Scopes,
    /// `exp − iat`.
    pub lifetime_seconds: i64,
}

impl AccessTokenPolicy {
    /// What the tokens of a session permit.
    #[must_use]
    pub fn scope_of(&self, session: &LiveSession) -> Scopes {
        granted(session.scope.as_deref(), &self.scope)
    }
}

/// The audience by which this server's own calls know their tokens.
pub const OWN_AUDIENCE: &str = "auth-server";
/// The `client_id` claim: Latchkey has one kind of client, its own.
const CLIENT_ID: &str = "latchkey";

/// Mints the access token of a session, at the database's time. One that administers is for this server alone.
///
/// # Errors
///
/// [`Failure::Signing`].
pub fn mint(
    session: &LiveSession,
    policy: &AccessTokenPolicy,
    key: &SigningKey,
) -> Result<String, Failure> {
    let scope = policy.scope_of(session);
    let audiences = if scope.contains(ADMIN_SCOPE) {
        vec![OWN_AUDIENCE.to_owned()]
    } else {
        policy.audiences.clone()
    };
    let issued_at = session.now.timestamp();
    let claims = AccessClaims {
        iss: policy.issuer.clone(),
        sub: session.user_id.to_string(),
        aud: audiences,
        exp: issued_at + policy.lifetime_seconds,
        iat: issued_at,
        nbf: None,
        jti: Uuid::now_v7().to_string(),
        sid: session.id.to_string(),
        client_id: Some(CLIENT_ID.to_owned()),
        auth_time: Some(session.created_at.timestamp()),
        scope,
        preferred_username: Some(session.username.clone()),
        email: Some(session.email.clone()),
        name: session.full_name.clone(),
    };
    sign("at+jwt", &claims, key)
}
