//! What the feed says at one moment. Pure, so that replicas which know the same say the same, to the byte.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use shared_claims::RevocationClaims;
use uuid::Uuid;

use super::store::COMMIT_DELAY;

/// The revocations that are to be published, each until it has outlived the tokens that it is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Feed {
    sessions: BTreeMap<Uuid, i64>,
    keys: BTreeMap<String, i64>,
}

/// For how long a revoked key is published: as long as a resource server goes by a key set that it cannot
/// refresh, an hour, the longest life of a token, and some time on top.
pub const KEY_ENTRY_LIFETIME: Duration = Duration::from_hours(26);
/// How long a signed document proves something, in seconds.
const DOCUMENT_LIFETIME: i64 = 300;
/// How often it is signed anew though nothing has changed, in seconds.
const DOCUMENT_AGE: i64 = 60;

impl Feed {
    /// Adds what was read from the database.
    pub fn learn(
        &mut self,
        sessions: Vec<(Uuid, DateTime<Utc>)>,
        keys: Vec<(String, DateTime<Utc>)>,
        token_lifetime: i32,
    ) {
        let token_lifetime = Duration::from_secs(u64::from(token_lifetime.unsigned_abs()));
        let lifetime = token_lifetime + COMMIT_DELAY;
        for (id, revoked_at) in sessions {
            let leaves = leaves(revoked_at, lifetime);
            let entry = self.sessions.entry(id).or_insert(leaves);
            *entry = leaves.max(*entry);
        }
        for (kid, revoked_at) in keys {
            self.keys
                .insert(kid, leaves(revoked_at, KEY_ENTRY_LIFETIME));
        }
    }

    /// Drops what has left by now.
    pub fn forget(&mut self, now: DateTime<Utc>) {
        let now = now.timestamp();
        self.sessions.retain(|_, leaves| *leaves > now);
        self.keys.retain(|_, leaves| *leaves > now);
    }

    /// The claims to be signed. They change at most once a minute unless the entries do.
    #[must_use]
    pub fn claims(&self, issuer: &str, now: DateTime<Utc>) -> RevocationClaims {
        let iat = now.timestamp() / DOCUMENT_AGE * DOCUMENT_AGE;
        RevocationClaims {
            iss: issuer.to_owned(),
            iat,
            exp: iat + DOCUMENT_LIFETIME,
            sessions: self
                .sessions
                .iter()
                .map(|(id, leaves)| (id.to_string(), *leaves))
                .collect(),
            keys: self.keys.clone(),
        }
    }

    /// Whether this key is known to be revoked.
    #[must_use]
    pub fn has_key(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }
}

/// The first whole second at which an entry is of no use any more.
fn leaves(revoked_at: DateTime<Utc>, lifetime: Duration) -> i64 {
    let lifetime = TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
    let end = revoked_at.checked_add_signed(lifetime);
    end.map_or(i64::MAX, |end| end.timestamp() + 1)
}
