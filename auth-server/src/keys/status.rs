//! How the keys are doing, for metrics.

use std::time::Duration;

use chrono::{DateTime, Utc};
use service_runtime::metrics::Exposition;

use super::life::{KeyLife, KeyPolicy, Stage};

/// How the keys are doing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeysStatus {
    /// Whether this replica signs: the database has confirmed its keys lately.
    pub confirmed: bool,
    /// How long ago it last did; `None` where it never did.
    pub age: Option<Duration>,
    /// How many keys there are that will sign.
    pub pending: usize,
    /// How many sign: one, or none where nothing was loaded.
    pub active: usize,
    /// How many have signed and are still published.
    pub retiring: usize,
    /// When the active key began to sign, by the database's clock.
    pub active_since: Option<DateTime<Utc>>,
    /// When another one is to take over.
    pub rotation_due: Option<DateTime<Utc>>,
}

impl KeysStatus {
    /// From keys that the database confirmed so long ago.
    #[must_use]
    pub fn new(policy: &KeyPolicy, lives: &[KeyLife], age: Option<Duration>) -> Self {
        let count = |stage| lives.iter().filter(|life| life.stage() == stage).count();
        let active = lives.iter().find(|life| life.stage() == Stage::Active);
        Self {
            confirmed: age.is_some_and(|age| age < policy.good_for()),
            age,
            pending: count(Stage::Pending),
            active: count(Stage::Active),
            retiring: count(Stage::Retiring),
            active_since: active.and_then(|active| active.activated_at),
            rotation_due: active.and_then(|active| policy.rotation_due(active)),
        }
    }

    /// Writes the figures down.
    pub fn read(&self, exposition: &mut Exposition) {
        exposition
            .gauge(
                "auth_key_ring_confirmed",
                "1 while the database has confirmed the signing keys lately; 0 when nothing is signed.",
            )
            .value(u8::from(self.confirmed));
        exposition
            .gauge(
                "auth_key_ring_age_seconds",
                "Time since the database last confirmed the signing keys; absent until it did.",
            )
            .value_if_known(self.age.map(|age| age.as_secs_f64()));
        let mut keys = exposition.gauge(
            "auth_signing_keys",
            "Signing keys that are published, by the stage of their lives.",
        );
        for (stage, number) in [
            ("pending", self.pending),
            ("active", self.active),
            ("retiring", self.retiring),
        ] {
            keys.sample(&[("stage", stage)], number);
        }
        exposition
            .gauge(
                "auth_signing_key_activated_timestamp_seconds",
                "When the active signing key began to sign, in seconds since 1970.",
            )
            .value_if_known(self.active_since.map(|instant| instant.timestamp()));
        exposition
            .gauge(
                "auth_signing_key_rotation_due_timestamp_seconds",
                "When the next signing key is to take over, in seconds since 1970.",
            )
            .value_if_known(self.rotation_due.map(|instant| instant.timestamp()));
    }
}
