//! The keys a verifier goes by at one moment, and where it gets them from.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jsonwebtoken::jwk::Jwk;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::read_object;
use crate::jwks::{Jwks, KeyError, PublicKey};

/// The most keys that are read of a JWKS; an issuer has two or three.
pub const MAX_KEYS: usize = 64;

/// An immutable set of public keys. A newer one is built completely and then takes its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Arc<PublicKey>>,
    skipped: Vec<SkippedKey>,
}

impl KeySet {
    /// A set of these keys. Of different keys under one `kid` none is kept, since nothing says
    /// which of them a token means; a key that is given twice is kept once.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self::without_ambiguity(keys.into_iter().enumerate(), Vec::new())
    }

    /// Reads a JWKS document.
    ///
    /// A key that may not be used is skipped, since the rest of the document is as good as it was
    /// (see [`KeySet::skipped`]); the set may come out empty. See [`PublicKey::from_jwk`] for
    /// what a key has to be; on top of that it has to be free of private members.
    ///
    /// # Errors
    /// [`JwksError`] when the document is no JWKS at all.
    pub fn from_jwks(document: &[u8]) -> Result<Self, JwksError> {
        let UnverifiedJwks { keys } = read_object(document).ok_or(JwksError::NotAKeySet)?;
        if keys.len() > MAX_KEYS {
            return Err(JwksError::TooManyKeys);
        }
        let mut usable = Vec::with_capacity(keys.len());
        let mut skipped = Vec::new();
        for (index, unverified_key) in keys.iter().enumerate() {
            match read_key(unverified_key) {
                Ok(key) => usable.push((index, key)),
                Err(reason) => skipped.push(SkippedKey { index, reason }),
            }
        }
        Ok(Self::without_ambiguity(usable, skipped))
    }

    /// The key of exactly this `kid`.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Arc<PublicKey>> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// Whether this very key is among them: another one of its name is not.
    pub(crate) fn contains(&self, key: &Arc<PublicKey>) -> bool {
        self.keys.contains(key)
    }

    /// The keys, in the order in which they were given.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &PublicKey> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// Whether there is no key to verify with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What was left out of the document, for the operator's eyes.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// The document to publish these keys in.
    #[must_use]
    pub fn to_jwks(&self) -> Jwks {
        Jwks {
            keys: self.keys().map(|key| key.jwk().clone()).collect(),
        }
    }

    /// The key, if there is just one.
    pub(crate) fn only(&self) -> Option<&Arc<PublicKey>> {
        match self.keys.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn without_ambiguity(
        candidates: impl IntoIterator<Item = (usize, PublicKey)>,
        mut skipped: Vec<SkippedKey>,
    ) -> Self {
        let candidates: Vec<_> = candidates
            .into_iter()
            .map(|(index, key)| (index, Arc::new(key)))
            .collect();
        let mut keys: Vec<Arc<PublicKey>> = Vec::with_capacity(candidates.len());
        for (index, key) in &candidates {
            let ambiguous = candidates.iter().any(|(_, other)| {
                other.kid() == key.kid() && other.thumbprint() != key.thumbprint()
            });
            if ambiguous {
                skipped.push(SkippedKey {
                    index: *index,
                    reason: KeyError::AmbiguousKeyId,
                });
            } else if !keys.iter().any(|kept| kept.kid() == key.kid()) {
                keys.push(Arc::clone(key));
            }
        }
        Self { keys, skipped }
    }
}

/// A key of a JWKS that is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedKey {
    /// Its place in the document, from 0.
    pub index: usize,
    /// Why it is not used.
    pub reason: KeyError,
}

/// Why a document is no JWKS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// Not a JSON object with a `keys` array (RFC 7517 §5).
    ///
    /// Likely cause: an error page of a proxy, or the wrong URL.
    #[error("not a JSON Web Key Set")]
    NotAKeySet,
    /// More than [`MAX_KEYS`] keys.
    #[error("more than {MAX_KEYS} keys")]
    TooManyKeys,
}

/// Where a [`Verifier`](crate::Verifier) gets its keys from.
pub trait KeySource: Send + Sync {
    /// The keys of this moment, without waiting; `None` or an empty set when there are none to
    /// go by, so that a token is answered with "unavailable" rather than "invalid".
    fn current(&self) -> Option<Arc<KeySet>>;

    /// Asks for newer keys, because a token names one that is not in the current set. Comes back
    /// when newer keys are there or there is no point in waiting for them; the caller then looks
    /// at [`KeySource::current`] again.
    ///
    /// Anybody can make up a `kid`, so an implementation bounds what a call can cause. The default
    /// has nobody to ask.
    fn refetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(ready(()))
    }
}

/// Keys of this very process: the auth server's own, and those of tests.
#[derive(Debug, Default)]
pub struct LocalKeys {
    keys: ArcSwap<KeySet>,
}

impl LocalKeys {
    /// A source of these keys.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        Self {
            keys: ArcSwap::from_pointee(keys),
        }
    }

    /// Puts another set in the place of the current one, at once for every verifier.
    pub fn replace(&self, keys: KeySet) {
        self.keys.store(Arc::new(keys));
    }
}

impl KeySource for LocalKeys {
    fn current(&self) -> Option<Arc<KeySet>> {
        Some(self.keys.load_full())
    }
}

/// The keys stay text until each is read by itself, so that one of them cannot spoil the rest.
#[derive(serde::Deserialize)]
struct UnverifiedJwks<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// The members that only a private or a secret key has (RFC 7518 §6.3.2, §6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn read_key(unverified_key: &RawValue) -> Result<PublicKey, KeyError> {
    let jwk: Jwk = serde_json::from_str(unverified_key.get()).map_err(|_| KeyError::NotAKey)?;
    let members: Map<String, Value> =
        serde_json::from_str(unverified_key.get()).map_err(|_| KeyError::NotAKey)?;
    if PRIVATE_MEMBERS
        .iter()
        .any(|name| members.contains_key(*name))
    {
        return Err(KeyError::Private);
    }
    PublicKey::from_jwk(&jwk)
}
