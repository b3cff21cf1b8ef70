//! The promises of a key's life, with replicas and verifiers that behave as they please.

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
