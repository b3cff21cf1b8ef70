//! What the polling task and the requests share: what is known, and how the polling goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use super::RevocationsStatus;
use crate::remote::FetchError;
use crate::revocation_feed::{FeedPolicy, RevocationClaims};
use crate::revocations::Revocations;

/// With shorter intervals, a busy machine alone would make a feed look as if it were down.
const SHORTEST_UP: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct State {
    known: ArcSwap<Revocations>,
    record: Mutex<Record>,
    /// For how long after a success the feed is up.
    up_for: Duration,
}

#[derive(Debug, Default)]
struct Record {
    confirmed: Option<Instant>,
    failures: u32,
    failures_total: u64,
    last_error: Option<FetchError>,
    reported_down: bool,
}

impl State {
    pub(super) fn new(poll_interval: Duration) -> Self {
        Self {
            known: ArcSwap::default(),
            record: Mutex::default(),
            up_for: poll_interval.saturating_mul(2).max(SHORTEST_UP),
        }
    }

    pub(super) fn known(&self) -> Arc<Revocations> {
        self.known.load_full()
    }

    pub(super) fn status(&self, now: Instant) -> RevocationsStatus {
        let record = self.record();
        RevocationsStatus {
            up: self.is_up(&record, now),
            entries: self.known.load().len(),
            since_success: record
                .confirmed
                .map(|confirmed| now.saturating_duration_since(confirmed)),
            failures: record.failures,
            failures_total: record.failures_total,
            last_error: record.last_error.clone(),
        }
    }

    pub(super) fn failures(&self) -> u32 {
        self.record().failures
    }

    /// Adds what a verified document says.
    pub(super) fn learn(&self, policy: &FeedPolicy, claims: &RevocationClaims, now: i64) {
        let known = self.known.load();
        for kid in claims.keys.keys().filter(|kid| !known.is_key_revoked(kid)) {
            log::warn!(kid = kid.as_str(); "the issuer has revoked a signing key");
        }
        let learned = policy.learn(&known, claims, now);
        if learned != **known {
            self.known.store(Arc::new(learned));
        }
    }

    /// A poll ends. A single failure is nothing to tell, as long as the feed is up.
    pub(super) fn land(&self, outcome: Result<(), FetchError>, now: Instant) {
        let mut record = self.record();
        match outcome {
            Ok(()) => {
                if record.reported_down {
                    log::info!(failures = record.failures; "the revocation feed is back");
                }
                record.confirmed = Some(now);
                record.failures = 0;
                record.last_error = None;
                record.reported_down = false;
            }
            Err(error) => {
                if !record.reported_down && !self.is_up(&record, now) {
                    log::warn!(
                        error:% = error;
                        "the revocation feed is down: tokens revoked from now on are good until they expire"
                    );
                    record.reported_down = true;
                }
                record.failures = record.failures.saturating_add(1);
                record.failures_total = record.failures_total.saturating_add(1);
                record.last_error = Some(error);
            }
        }
    }

    fn is_up(&self, record: &Record, now: Instant) -> bool {
        let age = record
            .confirmed
            .map(|confirmed| now.saturating_duration_since(confirmed));
        age.is_some_and(|age| age < self.up_for)
    }

    /// A panic while the lock is held leaves nothing half-done behind.
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
