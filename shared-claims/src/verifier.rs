//! The one place where a token becomes claims.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::VerifiedTokens;
use crate::claims::AccessClaims;
use crate::error::VerifyError;
use crate::jwks::PublicKey;
use crate::jws::{UnverifiedHeader, UnverifiedJws, check_length};
use crate::key_set::{KeySet, KeySource};

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
/// A verified token is remembered until it expires or its key leaves the set, so that it costs a
/// lookup when it comes again.
pub struct Verifier {
    policy: Policy,
    keys: Arc<dyn KeySource>,
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
            verified: VerifiedTokens::new(Self::DEFAULT_CACHE_CAPACITY),
        }
    }

    /// Remembers this many verified tokens at most (about a kilobyte each); 0 remembers none.
    #[must_use]
    pub fn with_cache_capacity(mut self, tokens: usize) -> Self {
        self.verified = VerifiedTokens::new(tokens);
        self
    }

    /// What this verifier expects.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The claims of an access token that is good at the instant `now`, in seconds since 1970.
    ///
    /// # Errors
    /// The first [`VerifyError`] that is found. [`VerifyError::KeysUnavailable`] is the only one
    /// that says nothing about the token.
    pub fn verify(&self, token: &str, now: i64) -> Result<Arc<AccessClaims>, VerifyError> {
        check_length(token)?;
        let keys = self.keys.current().filter(|keys| !keys.is_empty());
        let keys = keys.ok_or(VerifyError::KeysUnavailable)?;
        let place = self.verified.place_of(token);
        if let Some(claims) = place.recall(&keys) {
            self.check_instant(&claims, now)?;
            return Ok(claims);
        }
        let (claims, key) = self.verify_unseen(token, &keys)?;
        self.check_instant(&claims, now)?;
        let claims = Arc::new(claims);
        place.remember(&claims, key);
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
    ) -> Result<Arc<AccessClaims>, VerifyError> {
        match self.verify(token, now) {
            Err(VerifyError::UnknownKey) => {
                self.keys.refetch().await;
                self.verify(token, now)
            }
            outcome => outcome,
        }
    }

    /// Everything about a token that does not change while its key is in use. Every setting of the
    /// verification stands here, with the attack it stops.
    fn verify_unseen<'k>(
        &self,
        token: &str,
        keys: &'k KeySet,
    ) -> Result<(AccessClaims, &'k Arc<PublicKey>), VerifyError> {
        // Parser confusion: three parts, strict base64url, unique header members (see there).
        let jws = UnverifiedJws::parse(token)?;
        let header = &jws.unverified_header;

        // Algorithm confusion: `none`, HS256 with the public key as its secret, PS256.
        check_algorithm(header)?;
        // Cross-JWT confusion: an ID token is no access token (RFC 8725 §3.11, RFC 9068 §4).
        if header.typ.as_deref() != Some("at+jwt") {
            return Err(VerifyError::WrongType);
        }
        // Extensions that change what the signature means (PyJWT CVE-2026-32597).
        check_extensions(header)?;
        // The key comes from the set by its exact name: the token's own `jwk`, `jku`, `x5u` and
        // `x5c` are not even read, and without a name no key is tried.
        let kid = header.kid.as_deref().filter(|kid| !kid.is_empty());
        let key = keys.find(kid.ok_or(VerifyError::MissingKeyId)?);
        let key = key.ok_or(VerifyError::UnknownKey)?;
        check_signature(&jws, key)?;

        // Type confusion: a string `exp` that compares as never, an `iss` that is an array.
        let claims = AccessClaims::from_json(&jws.decode_payload()?)
            .map_err(|_| VerifyError::InvalidClaims)?;
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
        Ok((claims, key))
    }

    /// Everything about a token that changes with time, checked on each use: a remembered token
    /// passes through here as a new one does.
    fn check_instant(&self, claims: &AccessClaims, now: i64) -> Result<(), VerifyError> {
        let earliest = now.saturating_sub(self.policy.leeway);
        let latest = now.saturating_add(self.policy.leeway);
        if claims.exp <= earliest {
            return Err(VerifyError::Expired);
        }
        if claims.nbf.is_some_and(|not_before| not_before > latest) {
            return Err(VerifyError::NotYetValid);
        }
        if claims.iat > latest {
            return Err(VerifyError::IssuedInFuture);
        }
        Ok(())
    }
}

/// Verifies a signature and nothing else: the seam for test vectors from outside, which are no
/// access tokens. **Never authenticate by it**: it looks neither at `typ` nor at any claim.
///
/// A token without a `kid` is tried with the only key of the set.
///
/// # Errors
/// A [`VerifyError`] about structure, algorithm, extensions, key or signature.
pub fn verify_signature_only(token: &str, keys: &KeySet) -> Result<Vec<u8>, VerifyError> {
    check_length(token)?;
    let jws = UnverifiedJws::parse(token)?;
    check_algorithm(&jws.unverified_header)?;
    check_extensions(&jws.unverified_header)?;
    let key = match jws.unverified_header.kid.as_deref() {
        Some(kid) => keys.find(kid).ok_or(VerifyError::UnknownKey)?,
        None => keys.only().ok_or(VerifyError::MissingKeyId)?,
    };
    check_signature(&jws, key)?;
    jws.decode_payload()
}

/// The verifier's algorithm, not the token's.
fn check_algorithm(header: &UnverifiedHeader) -> Result<(), VerifyError> {
    match header.alg.as_deref() {
        Some("RS256") => Ok(()),
        _ => Err(VerifyError::UnsupportedAlgorithm),
    }
}

fn check_extensions(header: &UnverifiedHeader) -> Result<(), VerifyError> {
    if header.demands_extension {
        Err(VerifyError::CriticalHeader)
    } else {
        Ok(())
    }
}

fn check_signature(jws: &UnverifiedJws<'_>, key: &PublicKey) -> Result<(), VerifyError> {
    if key.verifies(jws.signing_input.as_bytes(), &jws.signature) {
        Ok(())
    } else {
        Err(VerifyError::BadSignature)
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
