//! How the hashing gate is used, for metrics.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use service_runtime::{
    metrics::{Exposition, Tally},
    outcomes,
};

/// What is counted as jobs come to the gate.
#[derive(Debug, Default)]
pub struct HashingUsage {
    begun: AtomicU64,
    waited_microseconds: AtomicU64,
    refusals: Tally<Refusal>,
}

outcomes! {
    /// Why a job is not done.
    pub enum Refusal {
        /// The queue was full.
        Full = "queue_full",
        /// Its turn did not come in time.
        Late = "waited_too_long",
    }
}

/// Who is at the gate at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AtTheGate {
    /// Jobs that run.
    pub running: usize,
    /// Jobs that may run at once.
    pub cores: usize,
    /// Jobs that wait for their turn.
    pub waiting: usize,
    /// Jobs that may wait.
    pub places: usize,
}

impl HashingUsage {
    /// A job's turn has come.
    pub(super) fn begun_after(&self, waited: Duration) {
        let waited = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.waited_microseconds
            .fetch_add(waited, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        self.refusals.count(refusal);
    }

    /// Writes the figures down.
    pub fn read(&self, at_the_gate: AtTheGate, exposition: &mut Exposition) {
        let AtTheGate {
            running,
            cores,
            waiting,
            places,
        } = at_the_gate;
        exposition
            .gauge("auth_hashing_running", "Passwords that are being hashed.")
            .value(running);
        exposition
            .gauge(
                "auth_hashing_running_max",
                "Passwords that may be hashed at once.",
            )
            .value(cores);
        exposition
            .gauge(
                "auth_hashing_waiting",
                "Passwords that wait for their turn to be hashed.",
            )
            .value(waiting);
        exposition
            .gauge(
                "auth_hashing_waiting_max",
                "Passwords that may wait; strangers fill half of these places.",
            )
            .value(places);
        exposition
            .counter(
                "auth_hashing_begun_total",
                "Passwords whose turn to be hashed has come.",
            )
            .value(self.begun.load(Ordering::Relaxed));
        let waited = Duration::from_micros(self.waited_microseconds.load(Ordering::Relaxed));
        exposition
            .counter(
                "auth_hashing_wait_seconds_total",
                "Time that those have waited for it.",
            )
            .value(waited.as_secs_f64());
        self.refusals.read(
            "reason",
            exposition.counter(
                "auth_hashing_refused_total",
                "Passwords that were not hashed because too many others were.",
            ),
        );
    }
}
