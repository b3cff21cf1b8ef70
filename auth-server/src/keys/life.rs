//! The life of a signing key, and when each step of it is due. Pure; the whole of it is in
//! [`KeyPolicy::steps_due`].
//!
//! *pending* (published, not signing) → *active* → *retiring* (published, not signing) → *gone*.
//!
//! Two promises are kept here. A key signs no sooner than everyone who goes by an older key set has had
//! to look for a newer one. And it stays published until the last token that it signed has expired. Both
//! count from an instant at which a change was *visible*, not from the one at which a transaction began
//! that may have taken its time to commit: so it is a later look, which finds the change in the database,
//! that sets the instant.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{Queryable, Selectable, pg::Pg};

use crate::schema::signing_keys;

/// How many keys may be published at once, of the 64 that verifiers read.
pub const MOST_KEYS: usize = 56;

/// The intervals of a key's life, as configured.
#[derive(Clone, Copy, Debug)]
pub struct KeyPolicy {
    /// How long a key signs before another one takes over.
    pub rotation: Duration,
    /// How long others may keep the published keys (`max-age`).
    pub jwks_max_age: Duration,
    /// How long an access token lives.
    pub token_lifetime: Duration,
}

/// A key that is not gone: what has happened to it, by the database's clock.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = signing_keys, check_for_backend(Pg))]
pub struct KeyLife {
    /// Its name.
    pub kid: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was seen to be published.
    pub published_at: Option<DateTime<Utc>>,
    /// It signs no sooner.
    pub signs_from: Option<DateTime<Utc>>,
    /// When it began to sign, if it did.
    pub activated_at: Option<DateTime<Utc>>,
    /// The longest lifetime of the tokens that it signs, in seconds.
    pub token_lifetime_seconds: i32,
    /// When it was told to sign no more.
    pub retired_at: Option<DateTime<Utc>>,
    /// It is published no longer.
    pub published_until: Option<DateTime<Utc>>,
}

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Published, not signing yet.
    Pending,
    /// Signing.
    Active,
    /// Published, not signing any more.
    Retiring,
}

/// Something to be done to the keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// The key was seen to be published just now, or has to wait longer than it was told: it signs no
    /// sooner than this.
    SignFrom {
        /// Which.
        kid: String,
        /// When it was seen to be published.
        published_at: DateTime<Utc>,
        /// It signs no sooner.
        signs_from: DateTime<Utc>,
    },
    /// The key was seen to be retired just now: it is published no longer than this.
    PublishUntil {
        /// Which.
        kid: String,
        /// It is published no longer.
        published_until: DateTime<Utc>,
    },
    /// Nothing that the key signed is good any more: it is published no more, and its private half
    /// destroyed.
    Drop {
        /// Which.
        kid: String,
    },
    /// A pending key takes over from the active one.
    Rotate {
        /// The active key.
        retired: String,
        /// The pending one.
        activated: String,
    },
    /// A pending key is made.
    Make,
}

impl KeyLife {
    /// Where it stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match (self.activated_at, self.retired_at) {
            (None, _) => Stage::Pending,
            (Some(_), None) => Stage::Active,
            (Some(_), Some(_)) => Stage::Retiring,
        }
    }

    /// Whether it is pending and may sign.
    #[must_use]
    pub fn is_ripe(&self, now: DateTime<Utc>) -> bool {
        self.stage() == Stage::Pending && self.signs_from.is_some_and(|from| from <= now)
    }
}

impl KeyPolicy {
    /// By how much the clock of a service that verifies may be behind: the leeway of its verifier.
    const SKEW: Duration = Duration::from_secs(5);

    /// How soon each replica sees what another one did: 5 s, and less where keys may be kept for less
    /// than 50.
    #[must_use]
    pub fn look_again(&self) -> Duration {
        (self.jwks_max_age / 10).clamp(Duration::from_millis(200), Duration::from_secs(5))
    }

    /// How long a replica signs with keys that the database has not confirmed since.
    #[must_use]
    pub fn good_for(&self) -> Duration {
        (self.look_again() * 6).max(Duration::from_secs(3))
    }

    /// How long a key is published before it signs.
    ///
    /// A replica that looked just before the key was there publishes the set without it until it looks
    /// again, and who fetches that set may keep it for `max-age`. A replica that cannot look promises
    /// less and less (see [`KeyPolicy::max_age_after`]).
    #[must_use]
    pub fn lead(&self) -> Duration {
        self.jwks_max_age + self.look_again() * 2 + Self::SKEW
    }

    /// For how long the key set may be kept that the database confirmed so long ago: a key that is
    /// missing from it signs a [`KeyPolicy::lead`] after that at the earliest.
    #[must_use]
    pub fn max_age_after(&self, since_confirmed: Duration) -> Duration {
        self.lead()
            .saturating_sub(since_confirmed)
            .min(self.jwks_max_age)
    }

    /// How long a key stays published after it was seen to be retired: until the last replica has
    /// noticed, and the last token of that replica has expired.
    fn afterlife(&self, token_lifetime: Duration) -> Duration {
        self.good_for() + token_lifetime + Self::SKEW
    }

    /// How many keys are kept pending, so that one is ripe whenever the active one's time is over: one,
    /// and more only where keys rotate faster than they ripen.
    #[must_use]
    pub fn pending(&self) -> usize {
        times(self.lead(), self.rotation).max(1)
    }

    /// How many keys are published at once.
    #[must_use]
    pub fn published(&self) -> usize {
        self.pending() + 1 + times(self.afterlife(self.token_lifetime), self.rotation)
    }

    /// When the time of an active key is over: another one takes over then, or as soon as one is ripe. `None`
    /// for a key that has not begun to sign.
    #[must_use]
    pub fn rotation_due(&self, active: &KeyLife) -> Option<DateTime<Utc>> {
        active
            .activated_at
            .map(|activated| after(activated, self.rotation))
    }

    /// What is due now. Without an active key nothing is: that is a loss, to be seen by an operator and
    /// not to be covered up.
    #[must_use]
    pub fn steps_due(&self, keys: &[KeyLife], now: DateTime<Utc>) -> Vec<Step> {
        let Some(active) = keys.iter().find(|key| key.stage() == Stage::Active) else {
            return Vec::new();
        };
        let mut steps: Vec<Step> = keys
            .iter()
            .filter_map(|key| match key.stage() {
                Stage::Pending => self.ripen(key, now),
                Stage::Active => None,
                Stage::Retiring => self.fade(key, now),
            })
            .collect();
        let ripe = |key: &&KeyLife| key.is_ripe(now) && self.ripen(key, now).is_none();
        let successor = oldest(keys.iter().filter(ripe));
        let mut pending = keys
            .iter()
            .filter(|key| key.stage() == Stage::Pending)
            .count();
        if let Some(successor) = successor
            && self.rotation_due(active).is_some_and(|due| due <= now)
        {
            steps.push(Step::Rotate {
                retired: active.kid.clone(),
                activated: successor.kid.clone(),
            });
            pending -= 1;
        }
        let missing = self.pending().saturating_sub(pending);
        steps.extend(std::iter::repeat_n(Step::Make, missing));
        steps
    }

    /// A replica with a longer `max-age` than the one that set the instant moves it back.
    fn ripen(&self, key: &KeyLife, now: DateTime<Utc>) -> Option<Step> {
        let published_at = key.published_at.filter(|_| key.signs_from.is_some());
        let published_at = published_at.unwrap_or(now);
        let signs_from = after(published_at, self.lead());
        (key.signs_from.is_none_or(|set| set < signs_from)).then(|| Step::SignFrom {
            kid: key.kid.clone(),
            published_at,
            signs_from,
        })
    }

    fn fade(&self, key: &KeyLife, now: DateTime<Utc>) -> Option<Step> {
        let kid = key.kid.clone();
        match key.published_until {
            None => {
                let seconds = u64::from(key.token_lifetime_seconds.unsigned_abs());
                let published_until = after(now, self.afterlife(Duration::from_secs(seconds)));
                Some(Step::PublishUntil {
                    kid,
                    published_until,
                })
            }
            Some(until) => (until <= now).then_some(Step::Drop { kid }),
        }
    }
}

/// The key that has waited longest.
pub fn oldest<'k>(keys: impl Iterator<Item = &'k KeyLife>) -> Option<&'k KeyLife> {
    keys.min_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)))
}

fn after(instant: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(duration)
        .ok()
        .and_then(|duration| instant.checked_add_signed(duration))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// How many times `part` has to follow itself to cover `whole`.
fn times(whole: Duration, part: Duration) -> usize {
    let times = whole.as_millis().div_ceil(part.as_millis().max(1));
    usize::try_from(times).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
