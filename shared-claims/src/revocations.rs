//! What is known to be revoked at one moment, and where a verifier gets that from.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::revocation_feed::RevocationClaims;

/// Sessions and signing keys that are known to be revoked: immutable, and shared by all who verify.
///
/// A revocation is never undone. So what is learned adds to what is known ([`Revocations::union`]),
/// and an entry leaves only when no token that it is about can be good any more
/// ([`Revocations::prune`]).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Revocations {
    sessions: HashMap<SessionId, i64>,
    keys: HashMap<Box<str>, i64>,
}

impl Revocations {
    /// Whether the session of this id (`sid`) is known to be revoked.
    #[must_use]
    pub fn is_session_revoked(&self, sid: &str) -> bool {
        self.has_session(&SessionId::from(sid))
    }

    pub(crate) fn has_session(&self, id: &SessionId) -> bool {
        self.sessions.contains_key(id)
    }

    /// Whether the signing key of this id (`kid`) is known to be revoked.
    #[must_use]
    pub fn is_key_revoked(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// What either of the two knows. Of two instants for one entry the later one counts.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        add(&mut self.sessions, &other.sessions);
        add(&mut self.keys, &other.keys);
        self
    }

    /// Drops the entries that leave at this instant, in seconds since 1970, or left before. To be
    /// called with an instant that lies behind by the leeway of the verifiers, who take a token for
    /// as much longer.
    #[must_use]
    pub fn prune(mut self, instant: i64) -> Self {
        self.sessions.retain(|_, leaves| *leaves > instant);
        self.keys.retain(|_, leaves| *leaves > instant);
        self
    }

    /// How many sessions and keys are known to be revoked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len() + self.keys.len()
    }

    /// Whether nothing is known to be revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<&RevocationClaims> for Revocations {
    fn from(claims: &RevocationClaims) -> Self {
        let sessions = claims.sessions.iter();
        let keys = claims.keys.iter();
        Self {
            sessions: sessions
                .map(|(sid, leaves)| (sid.as_str().into(), *leaves))
                .collect(),
            keys: keys
                .map(|(kid, leaves)| (kid.as_str().into(), *leaves))
                .collect(),
        }
    }
}

/// A session's id (`sid`), read once. The auth server's are UUIDs; as sixteen bytes they take half of the
/// memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SessionId {
    Uuid([u8; 16]),
    Other(Arc<str>),
}

impl From<&str> for SessionId {
    fn from(sid: &str) -> Self {
        parse_uuid(sid).map_or_else(|| Self::Other(sid.into()), Self::Uuid)
    }
}

/// There may be tens of thousands of entries, which no log should hold.
impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// Where a [`Verifier`](crate::Verifier) learns what is revoked.
pub trait RevocationSource: Send + Sync {
    /// What is known at this moment, without waiting. It is asked for every token.
    fn current(&self) -> Arc<Revocations>;
}

/// Revocations of this very process: the auth server's own, and those of tests.
#[derive(Debug, Default)]
pub struct LocalRevocations {
    revocations: ArcSwap<Revocations>,
}

impl LocalRevocations {
    /// A source of these revocations.
    #[must_use]
    pub fn new(revocations: Revocations) -> Self {
        Self {
            revocations: ArcSwap::from_pointee(revocations),
        }
    }

    /// Puts others in the place of the current ones, at once for every verifier.
    pub fn replace(&self, revocations: Revocations) {
        self.revocations.store(Arc::new(revocations));
    }
}

impl RevocationSource for LocalRevocations {
    fn current(&self) -> Arc<Revocations> {
        self.revocations.load_full()
    }
}

fn add<K: Clone + Eq + Hash>(known: &mut HashMap<K, i64>, more: &HashMap<K, i64>) {
    for (id, leaves) in more {
        let known = known.entry(id.clone()).or_insert(*leaves);
        *known = (*known).max(*leaves);
    }
}

/// The bytes of a UUID in its usual spelling, lower-case with hyphens. Any other spelling is
/// another text, and as such another session.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let mut uuid = 0_u128;
    for (place, byte) in text.bytes().enumerate() {
        let digit = match (place, byte) {
            (8 | 13 | 18 | 23, b'-') => continue,
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => byte - b'0',
            (_, b'a'..=b'f') => byte - b'a' + 10,
            _ => return None,
        };
        uuid = uuid << 4 | u128::from(digit);
    }
    Some(uuid.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "018f6b6e-5c1a-7000-8000-0000000000ff";

    #[test]
    fn only_the_usual_spelling_is_a_uuid() {
        let bytes = parse_uuid(UUID).unwrap();
        assert_eq!(bytes[..4], [0x01, 0x8f, 0x6b, 0x6e]);
        assert_eq!(bytes[15], 0xff);
        for other in [
            "",
            "018F6B6E-5C1A-7000-8000-0000000000FF",
            "018f6b6e5c1a700080000000000000ff",
            "{018f6b6e-5c1a-7000-8000-0000000000f}",
            "018f6b6e-5c1a-7000-8000-0000000000f",
            "018f6b6e-5c1a-7000-8000-0000000000ff0",
            "018f6b6e-5c1a-7000-8000_0000000000ff",
            "018f6b6e-5c1a-7000-8000-0000000000fg",
            "018f6b6e-5c1a-7000-80000-000000000ff",
            "018f6b6e-5c1a-7000-8000-00000000é0f",
        ] {
            assert_eq!(parse_uuid(other), None, "{other}");
        }
    }

    #[test]
    fn a_session_is_known_by_its_exact_id() {
        let upper = UUID.to_uppercase();
        let claims = RevocationClaims {
            sessions: [(UUID.to_owned(), 9), ("s".to_owned(), 9)].into(),
            ..RevocationClaims::default()
        };
        let revocations = Revocations::from(&claims);
        assert!(revocations.is_session_revoked(UUID));
        assert!(revocations.is_session_revoked("s"));
        for other in [upper.as_str(), "S", "", "s "] {
            assert!(!revocations.is_session_revoked(other), "{other}");
        }
        assert_eq!(revocations.len(), 2);
    }
}
