//! The revocation feed: a signed document of what was revoked within the last lifetime of an access
//! token, as the auth server writes it and services read it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::error::VerifyError;
use crate::json::{NumericDate, non_empty, numeric_date, read_object};
use crate::key_set::KeySet;
use crate::revocations::Revocations;
use crate::signed::{check_length, open};
use crate::verifier::whole_seconds;

/// The `typ` of the feed's documents.
pub const FEED_TYPE: &str = "revocations+jwt";
/// Where an issuer publishes its feed, below its URL.
pub const FEED_PATH: &str = "/.well-known/revocations.jwt";
/// The media type of the feed's documents (RFC 7519 §10.3.1).
pub const FEED_MEDIA_TYPE: &str = "application/jwt";

/// The longest `exp` − `iat` of a document, in seconds. One that proved something for years could
/// be replayed for years, in the place of newer ones.
const MAX_LIFETIME: i64 = 3600;

/// The payload of the feed's documents; the fields have their names on the wire.
///
/// Reading is strict: every member is required, dates are whole numbers of seconds since 1970, ids
/// are not empty, and a member that appears twice is an error. Members that this type does not
/// know are ignored, so that the document can grow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationClaims {
    /// Issuer: the auth server's public URL, compared exactly.
    #[serde(deserialize_with = "non_empty")]
    pub iss: String,
    /// When the document was made, in seconds since 1970. It moves at least once a minute.
    #[serde(deserialize_with = "numeric_date")]
    pub iat: i64,
    /// From when on the document proves nothing, in seconds since 1970: a cache cannot hold
    /// revocations back for longer.
    #[serde(deserialize_with = "numeric_date")]
    pub exp: i64,
    /// Revoked sessions by their `sid`, each with the instant from which no access token of it is
    /// valid any more.
    #[serde(deserialize_with = "unique_dates")]
    pub sessions: BTreeMap<String, i64>,
    /// Signing keys that were revoked in an emergency by their `kid`, each with the instant at
    /// which it leaves the feed.
    #[serde(deserialize_with = "unique_dates")]
    pub keys: BTreeMap<String, i64>,
}

/// What a service expects of the feed's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPolicy {
    issuer: String,
    leeway: i64,
    max_document_bytes: usize,
}

impl FeedPolicy {
    /// Documents of this issuer (the auth server's public URL, to the letter) of 8 MiB at most,
    /// which has room for a hundred thousand sessions, with a leeway of 5 seconds.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            leeway: 5,
            max_document_bytes: 8 * 1024 * 1024,
        }
    }

    /// By how much the issuer's clock may differ from this one, in whole seconds. No less than the
    /// leeway that tokens are given, for as long as which a revocation has to outlive them.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = whole_seconds(leeway);
        self
    }

    /// How long a document may be, in bytes.
    #[must_use]
    pub fn with_max_document_bytes(mut self, bytes: usize) -> Self {
        self.max_document_bytes = bytes;
        self
    }

    /// How long a document may be, in bytes.
    #[must_use]
    pub fn max_document_bytes(&self) -> usize {
        self.max_document_bytes
    }

    /// What a document says that proves something at the instant `now`, in seconds since 1970.
    /// Every setting stands here, with the attack it stops; those that are not about this document
    /// alone, in `signed.rs`.
    ///
    /// # Errors
    /// The first [`VerifyError`] that is found; [`VerifyError::KeyRevoked`] when the key that
    /// signed the document is `known` to be revoked.
    pub fn verify(
        &self,
        unverified_document: &[u8],
        keys: &KeySet,
        known: &Revocations,
        now: i64,
    ) -> Result<RevocationClaims, VerifyError> {
        let text = str::from_utf8(unverified_document).map_err(|_| VerifyError::Malformed)?;
        check_length(text.as_bytes(), self.max_document_bytes)?;
        // Cross-JWT confusion: an access token served in the place of the feed.
        let (payload, _) = open(text, FEED_TYPE, keys, known)?;
        // Lists cut to nothing by a mistyped or repeated member.
        let claims: RevocationClaims = read_object(&payload).ok_or(VerifyError::InvalidClaims)?;
        let lifetime = claims.exp - claims.iat;
        if lifetime <= 0 {
            return Err(VerifyError::InvalidClaims);
        }
        if lifetime > MAX_LIFETIME {
            return Err(VerifyError::LifetimeTooLong);
        }
        // The feed of another deployment that happens to share a key.
        if claims.iss != self.issuer {
            return Err(VerifyError::WrongIssuer);
        }
        self.check_instant(claims.iat, claims.exp, now)?;
        Ok(claims)
    }

    /// Whether a document of these instants proves something, be it just verified or confirmed
    /// again.
    pub(crate) fn check_instant(&self, iat: i64, exp: i64, now: i64) -> Result<(), VerifyError> {
        // A cache that answers with an old document for ever.
        if exp <= now.saturating_sub(self.leeway) {
            return Err(VerifyError::Expired);
        }
        // A document laid up for later.
        if iat > now.saturating_add(self.leeway) {
            return Err(VerifyError::IssuedInFuture);
        }
        Ok(())
    }

    /// All that is known once a verified document has been read: nothing is forgotten but what can
    /// concern no token any more. A document that is older than the last one adds to it as well.
    #[must_use]
    pub fn learn(&self, known: &Revocations, claims: &RevocationClaims, now: i64) -> Revocations {
        // An entry is of no use when its last token has expired by both clocks.
        let past = now.min(claims.iat).saturating_sub(self.leeway);
        Revocations::from(claims).union(known).prune(past)
    }
}

/// By itself serde would let the last of several equal names win.
fn unique_dates<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, i64>, D::Error> {
    struct DatesVisitor;

    impl<'de> Visitor<'de> for DatesVisitor {
        type Value = BTreeMap<String, i64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of dates")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut dates = BTreeMap::new();
            while let Some((id, NumericDate(date))) = map.next_entry::<String, _>()? {
                if id.is_empty() || dates.insert(id, date).is_some() {
                    return Err(A::Error::custom("empty or repeated id"));
                }
            }
            Ok(dates)
        }
    }

    deserializer.deserialize_map(DatesVisitor)
}
