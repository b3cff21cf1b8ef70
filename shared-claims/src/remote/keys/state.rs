//! What the fetching task and the requests share: the keys, and whether a fetch is under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::KeysStatus;
use super::config::KeysConfig;
use crate::jwks::PublicKey;
use crate::key_set::KeySet;
use crate::remote::FetchError;

#[derive(Debug)]
pub(super) struct State {
    confirmed: ArcSwapOption<Confirmed>,
    flights: Mutex<Flights>,
    call: Notify,
    cooldown: Duration,
    keep_for: Duration,
}

/// Keys that the issuer confirmed, and when it last did.
#[derive(Debug)]
struct Confirmed {
    keys: Arc<KeySet>,
    at: Instant,
}

/// A flight is one fetch, from the decision to make it to its outcome.
#[derive(Debug)]
struct Flights {
    in_the_air: bool,
    last_called: Option<Instant>,
    failures: u32,
    failures_total: u64,
    last_error: Option<FetchError>,
}

impl State {
    pub(super) fn new(config: &KeysConfig) -> Self {
        Self {
            confirmed: ArcSwapOption::empty(),
            flights: Mutex::new(Flights {
                in_the_air: false,
                last_called: None,
                failures: 0,
                failures_total: 0,
                last_error: None,
            }),
            call: Notify::new(),
            cooldown: config.cooldown,
            keep_for: config.keep_for,
        }
    }

    /// The keys, unless they have gone unconfirmed for too long.
    pub(super) fn keys(&self, now: Instant) -> Option<Arc<KeySet>> {
        let confirmed = self.confirmed.load();
        let confirmed = confirmed.as_ref()?;
        let age = now.saturating_duration_since(confirmed.at);
        (age < self.keep_for).then(|| Arc::clone(&confirmed.keys))
    }

    pub(super) fn status(&self, now: Instant) -> KeysStatus {
        let keys = self.keys(now);
        let since_success = self
            .confirmed
            .load()
            .as_ref()
            .map(|last| now.saturating_duration_since(last.at));
        let flights = self.flights();
        KeysStatus {
            ready: keys.is_some(),
            keys: keys.map_or(0, |keys| keys.keys().len()),
            since_success,
            failures: flights.failures,
            failures_total: flights.failures_total,
            last_error: flights.last_error.clone(),
        }
    }

    pub(super) fn failures(&self) -> u32 {
        self.flights().failures
    }

    /// Books a request onto the flight that is in the air, or calls for one unless the cooldown
    /// forbids it; `false` when there is none to wait for. `on_board` is called before the flight
    /// can land.
    pub(super) fn join_flight(&self, now: Instant, on_board: impl FnOnce()) -> bool {
        let mut flights = self.flights();
        if !flights.in_the_air {
            let cooling = flights
                .last_called
                .is_some_and(|last| now.saturating_duration_since(last) < self.cooldown);
            if cooling {
                return false;
            }
            flights.in_the_air = true;
            flights.last_called = Some(now);
            self.call.notify_one();
        }
        on_board();
        true
    }

    /// Comes back when a request has called for a flight that has not been flown yet.
    pub(super) async fn called_for(&self) {
        // A call that met a flight which was due anyway has left its notification behind.
        loop {
            self.call.notified().await;
            if self.flights().in_the_air {
                return;
            }
        }
    }

    /// A fetch begins, for whatever reason.
    pub(super) fn take_off(&self) {
        self.flights().in_the_air = true;
    }

    /// A fetch ends. Keys are replaced by newer ones and by nothing else; `announce` wakes those
    /// who wait.
    pub(super) fn land(
        &self,
        outcome: Result<Option<KeySet>, FetchError>,
        now: Instant,
        announce: impl FnOnce(),
    ) {
        let mut flights = self.flights();
        match outcome {
            Ok(newer) => {
                if flights.failures > 0 {
                    log::info!(failures = flights.failures; "the issuer's keys are back");
                }
                self.confirm(newer, now);
                flights.failures = 0;
                flights.last_error = None;
            }
            Err(error) => {
                let level = if flights.failures == 0 {
                    log::Level::Warn
                } else {
                    log::Level::Debug
                };
                log::log!(level, error:% = error; "the issuer's keys cannot be fetched");
                flights.failures = flights.failures.saturating_add(1);
                flights.failures_total = flights.failures_total.saturating_add(1);
                flights.last_error = Some(error);
            }
        }
        flights.in_the_air = false;
        announce();
    }

    /// `None` confirms the keys that are there.
    fn confirm(&self, newer: Option<KeySet>, now: Instant) {
        let last = self
            .confirmed
            .load_full()
            .map(|last| Arc::clone(&last.keys));
        let keys = match (newer, last) {
            (Some(keys), Some(last)) if *last == keys => last,
            (Some(keys), _) => {
                log_change(&keys);
                Arc::new(keys)
            }
            (None, Some(last)) => last,
            // There is no entity tag before the first keys, so nobody can say they are unchanged.
            (None, None) => return,
        };
        self.confirmed
            .store(Some(Arc::new(Confirmed { keys, at: now })));
    }

    /// A panic while the lock is held leaves nothing half-done behind.
    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_change(keys: &KeySet) {
    let kids: Vec<&str> = keys.keys().map(PublicKey::kid).collect();
    log::info!(kids:? = kids; "the issuer has a new key set");
    for skipped in keys.skipped() {
        log::warn!(index = skipped.index, reason:% = skipped.reason; "a key of it is not used");
    }
}
