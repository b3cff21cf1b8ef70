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
    /// When it began to sign.
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
        let since = active.activated_at.unwrap_or(active.created_at);
        let ripe = |key: &&KeyLife| key.is_ripe(now) && self.ripen(key, now).is_none();
        let successor = oldest(keys.iter().filter(ripe));
        let mut pending = keys
            .iter()
            .filter(|key| key.stage() == Stage::Pending)
            .count();
        if let Some(successor) = successor
            && after(since, self.rotation) <= now
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: KeyPolicy = KeyPolicy {
        rotation: Duration::from_hours(90 * 24),
        jwks_max_age: Duration::from_mins(5),
        token_lifetime: Duration::from_mins(15),
    };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn made(kid: &str, created_at: DateTime<Utc>) -> KeyLife {
        KeyLife {
            kid: kid.to_owned(),
            created_at,
            published_at: None,
            signs_from: None,
            activated_at: None,
            token_lifetime_seconds: 900,
            retired_at: None,
            published_until: None,
        }
    }

    fn active(kid: &str, since: DateTime<Utc>) -> KeyLife {
        KeyLife {
            activated_at: Some(since),
            ..made(kid, since)
        }
    }

    #[test]
    fn the_defaults_are_what_the_documents_say() {
        assert_eq!(POLICY.look_again(), Duration::from_secs(5));
        assert_eq!(POLICY.good_for(), Duration::from_secs(30));
        assert_eq!(POLICY.lead(), Duration::from_secs(315));
        assert_eq!(
            POLICY.afterlife(POLICY.token_lifetime),
            Duration::from_secs(935)
        );
        assert_eq!((POLICY.pending(), POLICY.published()), (1, 3));
    }

    #[test]
    fn without_an_active_key_nothing_is_done() {
        assert_eq!(POLICY.steps_due(&[], at(0)), []);
        assert_eq!(POLICY.steps_due(&[made("a", at(0))], at(0)), []);
    }

    #[test]
    fn a_replica_that_lets_keys_be_kept_for_longer_moves_the_first_signature_back() {
        let mut pending = made("b", at(0));
        pending.published_at = Some(at(10));
        pending.signs_from = Some(at(20));
        let keys = [active("a", at(0)), pending];
        assert_eq!(
            POLICY.steps_due(&keys, at(100)),
            [Step::SignFrom {
                kid: "b".to_owned(),
                published_at: at(10),
                signs_from: at(10 + 315),
            },]
        );
        let hasty = KeyPolicy {
            jwks_max_age: Duration::from_secs(1),
            ..POLICY
        };
        assert_eq!(hasty.steps_due(&keys, at(15)), []);
    }

    #[test]
    fn how_long_keys_may_be_kept_shrinks_while_the_database_is_away() {
        for (since, max_age) in [
            (0, 300),
            (5, 300),
            (15, 300),
            (16, 299),
            (315, 0),
            (9999, 0),
        ] {
            assert_eq!(
                POLICY.max_age_after(Duration::from_secs(since)),
                Duration::from_secs(max_age)
            );
        }
    }

    /// A replica: when it last looked, and what it saw then.
    #[derive(Clone, Debug)]
    struct Replica {
        looked: i64,
        keys: Vec<KeyLife>,
    }

    /// What a verifier holds, and until when it may.
    #[derive(Clone, Debug)]
    struct Held {
        kids: Vec<String>,
        until: i64,
    }

    fn millis(duration: Duration) -> i64 {
        i64::try_from(duration.as_millis()).unwrap()
    }

    fn at_millis(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    /// The database of the simulation below: keys, and those that are gone.
    #[derive(Default)]
    struct Table {
        keys: Vec<KeyLife>,
        made: usize,
    }

    impl Table {
        fn find(&mut self, kid: &str) -> &mut KeyLife {
            self.keys.iter_mut().find(|key| key.kid == kid).unwrap()
        }

        /// What a transaction writes is dated by its beginning, and seen from its commit on.
        fn take(&mut self, step: Step, seen: DateTime<Utc>) {
            let now = seen - TimeDelta::seconds(10);
            match step {
                Step::SignFrom {
                    kid,
                    published_at,
                    signs_from,
                } => {
                    let key = self.find(&kid);
                    key.published_at = Some(published_at);
                    key.signs_from = Some(signs_from);
                }
                Step::PublishUntil {
                    kid,
                    published_until,
                } => self.find(&kid).published_until = Some(published_until),
                Step::Drop { kid } => self.keys.retain(|key| key.kid != kid),
                Step::Rotate { retired, activated } => {
                    self.find(&retired).retired_at = Some(now);
                    self.find(&activated).activated_at = Some(now);
                }
                Step::Make => {
                    self.made += 1;
                    let kid = format!("key {:06}", self.made);
                    self.keys.push(made(&kid, now));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Replicas look when they please, some rarely; verifiers fetch from any of them and keep what they
        /// got for as long as they were told. No verifier ever meets a token whose key it does not hold,
        /// without asking again, and at any moment one key is active.
        #[test]
        fn no_token_meets_a_verifier_that_may_not_know_its_key(
            max_age in 1_u64..40,
            lifetime in 1_u64..40,
            rotation in 4_u64..120,
            events in prop::collection::vec((0_usize..4, 0_usize..3, 1_i64..3_000), 300..600),
        ) {
            let policy = KeyPolicy {
                rotation: Duration::from_secs(rotation),
                jwks_max_age: Duration::from_secs(max_age),
                token_lifetime: Duration::from_secs(lifetime),
            };
            let mut table = Table::default();
            let mut first = active("key 000000", at_millis(0));
            first.token_lifetime_seconds = i32::try_from(lifetime).unwrap();
            table.keys.push(first);
            let fresh = Replica { looked: 0, keys: table.keys.clone() };
            let mut replicas = vec![fresh; 3];
            let mut held: Vec<Option<Held>> = vec![None; 3];
            let mut tokens: Vec<(String, i64)> = Vec::new();
            let mut now = 0;

            for (what, who, pause) in events {
                now += pause;
                let instant = at_millis(now);
                match what {
                    // A look, and what follows from it.
                    0 | 1 => {
                        for step in policy.steps_due(&table.keys, instant) {
                            table.take(step, instant);
                        }
                        for key in &mut table.keys {
                            key.token_lifetime_seconds = i32::try_from(lifetime).unwrap();
                        }
                        replicas[who] = Replica { looked: now, keys: table.keys.clone() };
                    }
                    // A token, if the replica still trusts what it saw.
                    2 => {
                        let replica = &replicas[who];
                        if now - replica.looked < millis(policy.good_for()) {
                            let signer = replica.keys.iter().find(|key| key.stage() == Stage::Active);
                            let kid = signer.unwrap().kid.clone();
                            tokens.push((kid, now + millis(policy.token_lifetime)));
                        }
                    }
                    // A verifier fetches.
                    _ => {
                        let replica = &replicas[who];
                        let max_age = policy.max_age_after(Duration::from_millis(
                            u64::try_from(now - replica.looked).unwrap(),
                        ));
                        held[who] = Some(Held {
                            kids: replica.keys.iter().map(|key| key.kid.clone()).collect(),
                            until: now + millis(max_age),
                        });
                    }
                }
                prop_assert_eq!(
                    table.keys.iter().filter(|key| key.stage() == Stage::Active).count(),
                    1
                );
                tokens.retain(|(_, expires)| *expires > now);
                for (kid, _) in &tokens {
                    // Published, as long as it lives.
                    prop_assert!(table.keys.iter().any(|key| key.kid == *kid), "{kid} at {now}");
                    // Known to whoever goes by what they were told.
                    for held in held.iter().flatten().filter(|held| now < held.until) {
                        prop_assert!(held.kids.contains(kid), "{kid} at {now}: {held:?}");
                    }
                }
            }
        }
    }
}
