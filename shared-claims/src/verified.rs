//! What was found out about a token that was verified.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::claims::{AccessClaims, Scopes};
use crate::jwks::PublicKey;
use crate::revocations::SessionId;

/// The claims of an access token that was verified: they can be believed. Clones share them.
#[derive(Clone)]
pub struct VerifiedClaims(Arc<Verified>);

impl VerifiedClaims {
    pub(crate) fn new(claims: AccessClaims, key: &Arc<PublicKey>) -> Self {
        Self(Arc::new(Verified {
            session: SessionId::from(claims.sid.as_str()),
            good_from: claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat)),
            good_until: claims.exp,
            key: Arc::clone(key),
            scope: claims.scope.clone(),
            claims,
        }))
    }

    /// Whether the token permits what takes the scope of exactly this name.
    #[must_use]
    pub fn permits(&self, scope: &str) -> bool {
        self.0.scope.contains(scope)
    }

    pub(crate) fn verified(&self) -> &Verified {
        &self.0
    }
}

impl Deref for VerifiedClaims {
    type Target = AccessClaims;

    fn deref(&self) -> &AccessClaims {
        &self.0.claims
    }
}

impl PartialEq for VerifiedClaims {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for VerifiedClaims {}

impl fmt::Debug for VerifiedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedClaims")
            .field(&self.0.claims)
            .finish()
    }
}

/// In this order, so that what is looked at each time the token comes stands beside the reference count:
/// between two requests, all of it has left the processor's caches.
#[repr(C)]
pub(crate) struct Verified {
    pub(crate) session: SessionId,
    /// The later one of `iat` and `nbf`.
    pub(crate) good_from: i64,
    /// `exp`.
    pub(crate) good_until: i64,
    pub(crate) key: Arc<PublicKey>,
    scope: Scopes,
    claims: AccessClaims,
}
