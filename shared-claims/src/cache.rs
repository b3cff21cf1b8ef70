//! Tokens that were verified before: a repeated one costs a digest and a lookup, no RSA.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use quick_cache::sync::Cache;

use crate::claims::Scopes;
use crate::key_set::KeySet;
use crate::striped_count::StripedCount;
use crate::verified::VerifiedClaims;

/// Remembers verified tokens by their digest, up to a number of them; the least useful one makes
/// room. Failures are not remembered: an unknown key may be there a second later.
pub(crate) struct VerifiedTokens(Option<Remembered>);

/// How the cache of verified tokens is doing, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStatus {
    /// How many tokens were remembered when they came, and cost no signature check.
    pub hits: u64,
    /// How many were not.
    pub misses: u64,
    /// How many are remembered.
    pub entries: usize,
    /// How many may be.
    pub capacity: u64,
}

struct Remembered {
    digester: TokenDigester,
    hits: StripedCount,
    misses: StripedCount,
    /// Of the last token that was new.
    scope: Mutex<Scopes>,
    tokens: Cache<TokenDigest, VerifiedClaims>,
}

impl VerifiedTokens {
    /// `capacity` tokens at most; 0 remembers nothing.
    pub(crate) fn new(capacity: usize) -> Self {
        let digester = (capacity > 0).then(TokenDigester::generate).flatten();
        Self(digester.map(|digester| Remembered {
            digester,
            hits: StripedCount::default(),
            misses: StripedCount::default(),
            scope: Mutex::default(),
            tokens: Cache::new(capacity),
        }))
    }

    /// The place of this token.
    pub(crate) fn place_of(&self, token: &[u8]) -> Place<'_> {
        Place(self.0.as_ref().and_then(|remembered| {
            let digest = remembered.digester.digest(token)?;
            Some((remembered, digest))
        }))
    }

    pub(crate) fn status(&self) -> CacheStatus {
        let status = |remembered: &Remembered| CacheStatus {
            hits: remembered.hits.sum(),
            misses: remembered.misses.sum(),
            entries: remembered.tokens.len(),
            capacity: remembered.tokens.capacity(),
        };
        self.0.as_ref().map(status).unwrap_or_default()
    }

    /// The same scope as that of the last token that was new, if it is equal: most tokens of a service have one
    /// scope, which then stays in the processor's caches.
    pub(crate) fn share(&self, scope: Scopes) -> Scopes {
        let Some(remembered) = &self.0 else {
            return scope;
        };
        let mut last = remembered
            .scope
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *last != scope {
            *last = scope;
        }
        last.clone()
    }
}

/// The place of one token in the cache, if there is a cache.
pub(crate) struct Place<'c>(Option<(&'c Remembered, TokenDigest)>);

impl Place<'_> {
    /// What was found out about a token that was verified before by a key that is still in use.
    ///
    /// "Still in use" is about the key itself: another key that took over the `kid` does not
    /// vouch for what this one signed.
    pub(crate) fn recall(&self, keys: &KeySet) -> Option<VerifiedClaims> {
        let (remembered, digest) = self.0.as_ref()?;
        let claims = remembered.tokens.get(digest);
        let claims = claims.filter(|claims| keys.contains(&claims.verified().key));
        match claims {
            Some(_) => remembered.hits.count(),
            None => remembered.misses.count(),
        }
        claims
    }

    /// Remembers what was found out about the token.
    pub(crate) fn remember(self, claims: &VerifiedClaims) {
        if let Some((remembered, digest)) = self.0 {
            remembered.tokens.insert(digest, claims.clone());
        }
    }
}

/// Stands for a compact token, which itself is not kept.
type TokenDigest = [u8; 16];

/// Digests tokens: AES-GCM's tag of a token as associated data, three times as fast as SHA-256.
///
/// What would be a fault in a cipher, the same nonce each time, makes this a universal hash under a secret
/// key. Two different tokens of 8 KiB at most have the same digest with a probability below 2⁻¹¹⁸, and nobody
/// can look for two that have: the key is drawn for this cache, and neither it nor a digest ever leaves it.
struct TokenDigester(LessSafeKey);

impl TokenDigester {
    /// None where the system gives no randomness.
    fn generate() -> Option<Self> {
        let mut key = [0; 16];
        rand::fill(&mut key).ok()?;
        let key = UnboundKey::new(&AES_128_GCM, &key).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    fn digest(&self, token: &[u8]) -> Option<TokenDigest> {
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let associated_data = Aad::from(token);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, associated_data, &mut [])
            .ok()?;
        tag.as_ref().try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_tokens_apart_and_is_another_one_in_each_cache() {
        let digester = TokenDigester::generate().unwrap();
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl".repeat(20);
        let digest = digester.digest(token.as_bytes());
        assert!(digest.is_some());
        assert_eq!(digester.digest(token.as_bytes()), digest);
        for place in [0, token.len() / 2, token.len() - 1] {
            let mut other = token.clone();
            other.replace_range(place..=place, "_");
            assert_ne!(digester.digest(other.as_bytes()), digest, "{place}");
        }
        assert_ne!(
            digester.digest(&token.as_bytes()[..token.len() - 1]),
            digest
        );
        let another = TokenDigester::generate().unwrap();
        assert_ne!(another.digest(token.as_bytes()), digest);
    }
}
