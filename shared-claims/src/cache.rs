//! Tokens that were verified before: a repeated one costs a digest and a lookup, no RSA.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use crate::claims::AccessClaims;
use crate::jwks::PublicKey;
use crate::key_set::KeySet;

/// Remembers verified tokens by their digest, up to a number of them; the least useful one makes
/// room. Failures are not remembered: an unknown key may be there a second later.
pub(crate) struct VerifiedTokens {
    tokens: Option<Cache<TokenDigest, Verified>>,
}

impl VerifiedTokens {
    /// `capacity` tokens at most; 0 remembers nothing.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            tokens: (capacity > 0).then(|| Cache::new(capacity)),
        }
    }

    /// The place of this token.
    pub(crate) fn place_of(&self, token: &str) -> Place<'_> {
        Place(
            self.tokens
                .as_ref()
                .map(|tokens| (tokens, token_digest(token))),
        )
    }
}

/// The place of one token in the cache, if there is a cache.
pub(crate) struct Place<'c>(Option<(&'c Cache<TokenDigest, Verified>, TokenDigest)>);

impl Place<'_> {
    /// The claims of a token that was verified before by a key that is still in use, and the key.
    ///
    /// "Still in use" is about the key itself: another key that took over the `kid` does not
    /// vouch for what this one signed.
    pub(crate) fn recall(&self, keys: &KeySet) -> Option<(Arc<AccessClaims>, Arc<PublicKey>)> {
        let (tokens, digest) = self.0.as_ref()?;
        let Verified { claims, key } = tokens.get(digest)?;
        let in_use = *keys.find(key.kid())? == key;
        in_use.then_some((claims, key))
    }

    /// Remembers what was found out about the token.
    pub(crate) fn remember(self, claims: &Arc<AccessClaims>, key: &Arc<PublicKey>) {
        if let Some((tokens, digest)) = self.0 {
            tokens.insert(
                digest,
                Verified {
                    claims: Arc::clone(claims),
                    key: Arc::clone(key),
                },
            );
        }
    }
}

/// The SHA-256 of a compact token. The token itself is not kept.
type TokenDigest = [u8; 32];

/// What was found out about a token, and by which key.
#[derive(Clone)]
struct Verified {
    claims: Arc<AccessClaims>,
    key: Arc<PublicKey>,
}

fn token_digest(token: &str) -> TokenDigest {
    let mut bytes = TokenDigest::default();
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}
