//! The one place where a token becomes claims.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::{CacheStatus, VerifiedTokens};
use crate::claims::AccessClaims;
use crate::error::VerifyError;
use crate::key_set::{KeySet, KeySource};
use crate::revocations::{LocalRevocations, RevocationSource, Revocations};
use crate::signed::{check_length, open};
use crate::verified::VerifiedClaims;

/// The longest token that is looked at, in bytes. Latchkey's own are below 1.5 KiB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// What a service expects of its access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    issuer: String,
    audience: String,
    leeway: i64,
    max_lifetime: i64,
}

impl Policy {
    /// Tokens of this issuer (the auth server's public URL, to the letter) for this audience (the
    /// service's own name), with a leeway of 5 seconds and a lifetime of an hour at most.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: 5,
            max_lifetime: 3600,
        }
    }

    /// By how much the issuer's clock may differ from this one, in whole seconds.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = whole_seconds(leeway);
        self
    }

    /// The longest `exp` − `iat` that is accepted, in whole seconds.
    #[must_use]
    pub fn with_max_lifetime(mut self, max_lifetime: Duration) -> Self {
        self.max_lifetime = whole_seconds(max_lifetime);
        self
    }

    /// The expected `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The name that `aud` has to hold.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }
}

/// Verifies access tokens: no database, no call to the auth server.
///
/// A verified token is remembered until it expires, its key leaves the set, or its session or key
/// is revoked, so that it costs a lookup when it comes again.
pub struct Verifier {
    policy: Policy,
    keys: Arc<dyn KeySource>,
    revocations: Arc<dyn RevocationSource>,
    verified: VerifiedTokens,
}

impl Verifier {
    /// How many verified tokens are remembered unless told otherwise.
    pub const DEFAULT_CACHE_CAPACITY: usize = 10_000;

    /// A verifier of tokens that follow the policy and are signed with a key of this source.
    pub fn new(policy: Policy, keys: Arc<dyn KeySource>) -> Self {
        Self {
            policy,
            keys,
            revocations: Arc::new(LocalRevocations::default()),
            verified: VerifiedTokens::new(Self::DEFAULT_CACHE_CAPACITY),
        }
    }

    /// Remembers this many verified tokens at most (about a kilobyte each); 0 remembers none.
    #[must_use]
    pub fn with_cache_capacity(mut self, tokens: usize) -> Self {
        self.verified = VerifiedTokens::new(tokens);
        self
    }

    /// Refuses tokens of sessions and keys that this source knows to be revoked. Without it, a
    /// token is good until it expires.
    #[must_use]
    pub fn with_revocations(mut self, revocations: Arc<dyn RevocationSource>) -> Self {
        self.revocations = revocations;
        self
    }

    /// What this verifier expects.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How the cache of verified tokens is doing.
    #[must_use]
    pub fn cache_status(&self) -> CacheStatus {
        self.verified.status()
    }

    /// The claims of an access token that is good at the instant `now`, in seconds since 1970.
    ///
    /// # Errors
    /// The first [`VerifyError`] that is found. [`VerifyError::KeysUnavailable`] is the only one
    /// that says nothing about the token.
    pub fn verify(&self, token: &str, now: i64) -> Result<VerifiedClaims, VerifyError> {
        self.verify_bytes(token.as_bytes(), now)
    }

    /// The same for what may be no text: a token that is remembered is, and is not asked again.
    pub(crate) fn verify_bytes(
        &self,
        token: &[u8],
        now: i64,
    ) -> Result<VerifiedClaims, VerifyError> {
        check_length(token, MAX_TOKEN_BYTES)?;
        let keys = self.keys.current().filter(|keys| !keys.is_empty());
        let keys = keys.ok_or(VerifyError::KeysUnavailable)?;
        let revocations = self.revocations.current();
        let place = self.verified.place_of(token);
        if let Some(claims) = place.recall(&keys) {
            self.check_current(&claims, &revocations, now)?;
            return Ok(claims);
        }
        let token = str::from_utf8(token).map_err(|_| VerifyError::Malformed)?;
        let claims = self.verify_unseen(token, &keys, &revocations)?;
        self.check_current(&claims, &revocations, now)?;
        place.remember(&claims);
        Ok(claims)
    }

    /// Like [`Verifier::verify`], but asks the key source for newer keys when the token names an
    /// unknown one, and then tries once more.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub async fn verify_or_refetch(
        &self,
        token: &str,
        now: i64,
    ) -> Result<VerifiedClaims, VerifyError> {
        match self.verify(token, now) {
            Err(VerifyError::UnknownKey) => self.refetch_and_verify(token.as_bytes(), now).await,
            outcome => outcome,
        }
    }

    pub(crate) async fn refetch_and_verify(
        &self,
        token: &[u8],
        now: i64,
    ) -> Result<VerifiedClaims, VerifyError> {
        self.keys.refetch().await;
        self.verify_bytes(token, now)
    }

    /// Everything about a token that does not change while its key is in use. Every setting of the
    /// verification stands here, with the attack it stops; those that are not about access tokens
    /// alone, in [`open`].
    fn verify_unseen(
        &self,
        token: &str,
        keys: &KeySet,
        revocations: &Revocations,
    ) -> Result<VerifiedClaims, VerifyError> {
        // Cross-JWT confusion: an ID token is no access token (RFC 8725 §3.11, RFC 9068 §4).
        let (payload, key) = open(token, "at+jwt", keys, revocations)?;
        // Type confusion: a string `exp` that compares as never, an `iss` that is an array.
        let mut claims =
            AccessClaims::from_json(&payload).map_err(|_| VerifyError::InvalidClaims)?;
        // A token that lives for years, once leaked, would be good for years.
        let lifetime = claims.exp - claims.iat;
        if lifetime <= 0 {
            return Err(VerifyError::InvalidClaims);
        }
        if lifetime > self.policy.max_lifetime {
            return Err(VerifyError::LifetimeTooLong);
        }
        // Tokens of another deployment that happens to share a key.
        if claims.iss != self.policy.issuer {
            return Err(VerifyError::WrongIssuer);
        }
        // Tokens for another service, replayed here by that service.
        if !claims.aud.contains(&self.policy.audience) {
            return Err(VerifyError::WrongAudience);
        }
        claims.scope = self.verified.share(claims.scope);
        Ok(VerifiedClaims::new(claims, key))
    }

    /// Everything about a token that changes with time, checked on each use: a remembered token
    /// passes through here as a new one does.
    fn check_current(
        &self,
        claims: &VerifiedClaims,
        revocations: &Revocations,
        now: i64,
    ) -> Result<(), VerifyError> {
        let verified = claims.verified();
        let earliest = now.saturating_sub(self.policy.leeway);
        let latest = now.saturating_add(self.policy.leeway);
        if verified.good_until <= earliest {
            return Err(VerifyError::Expired);
        }
        if verified.good_from > latest {
            return Err(match claims.nbf.filter(|instant| *instant > latest) {
                Some(_) => VerifyError::NotYetValid,
                None => VerifyError::IssuedInFuture,
            });
        }
        if revocations.is_key_revoked(verified.key.kid()) {
            return Err(VerifyError::KeyRevoked);
        }
        if revocations.has_session(&verified.session) {
            return Err(VerifyError::SessionRevoked);
        }
        Ok(())
    }
}

pub(crate) fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
