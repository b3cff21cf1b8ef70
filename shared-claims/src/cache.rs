//! Tokens that were verified before: a repeated one costs a digest and a lookup, no RSA.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use quick_cache::sync::Cache;

use crate::claims::AccessClaims;
use crate::jwks::PublicKey;
use crate::key_set::KeySet;
use crate::revocations::SessionId;

/// Remembers verified tokens by their digest, up to a number of them; the least useful one makes
/// room. Failures are not remembered: an unknown key may be there a second later.
pub(crate) struct VerifiedTokens(Option<Remembered>);

struct Remembered {
    digester: TokenDigester,
    tokens: Cache<TokenDigest, Verified>,
}

impl VerifiedTokens {
    /// `capacity` tokens at most; 0 remembers nothing.
    pub(crate) fn new(capacity: usize) -> Self {
        let digester = (capacity > 0).then(TokenDigester::generate).flatten();
        Self(digester.map(|digester| Remembered {
            digester,
            tokens: Cache::new(capacity),
        }))
    }

    /// The place of this token.
    pub(crate) fn place_of(&self, token: &str) -> Place<'_> {
        Place(
            self.0.as_ref().and_then(|Remembered { digester, tokens }| {
                Some((tokens, digester.digest(token)?))
            }),
        )
    }
}

/// The place of one token in the cache, if there is a cache.
pub(crate) struct Place<'c>(Option<(&'c Cache<TokenDigest, Verified>, TokenDigest)>);

impl Place<'_> {
    /// What was found out about a token that was verified before by a key that is still in use.
    ///
    /// "Still in use" is about the key itself: another key that took over the `kid` does not
    /// vouch for what this one signed.
    pub(crate) fn recall(&self, keys: &KeySet) -> Option<Verified> {
        let (tokens, digest) = self.0.as_ref()?;
        let verified = tokens.get(digest)?;
        keys.contains(&verified.key).then_some(verified)
    }

    /// Remembers what was found out about the token.
    pub(crate) fn remember(self, verified: &Verified) {
        if let Some((tokens, digest)) = self.0 {
            tokens.insert(digest, verified.clone());
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

    fn digest(&self, token: &str) -> Option<TokenDigest> {
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let associated_data = Aad::from(token.as_bytes());
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, associated_data, &mut [])
            .ok()?;
        tag.as_ref().try_into().ok()
    }
}

/// What was found out about a token, and by which key.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) claims: Arc<AccessClaims>,
    pub(crate) key: Arc<PublicKey>,
    // What is looked at each time stands here, and not only in the claims, which are somewhere else in
    // memory.
    pub(crate) session: SessionId,
    /// The later one of `iat` and `nbf`.
    pub(crate) good_from: i64,
    /// `exp`.
    pub(crate) good_until: i64,
}

impl Verified {
    pub(crate) fn new(claims: AccessClaims, key: &Arc<PublicKey>) -> Self {
        Self {
            key: Arc::clone(key),
            session: SessionId::from(claims.sid.as_str()),
            good_from: claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat)),
            good_until: claims.exp,
            claims: Arc::new(claims),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_tokens_apart_and_is_another_one_in_each_cache() {
        let digester = TokenDigester::generate().unwrap();
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl".repeat(20);
        let digest = digester.digest(&token);
        assert!(digest.is_some());
        assert_eq!(digester.digest(&token), digest);
        for place in [0, token.len() / 2, token.len() - 1] {
            let mut other = token.clone();
            other.replace_range(place..=place, "_");
            assert_ne!(digester.digest(&other), digest, "{place}");
        }
        assert_ne!(digester.digest(&token[..token.len() - 1]), digest);
        let another = TokenDigester::generate().unwrap();
        assert_ne!(another.digest(&token), digest);
    }
}
