//! What clean-up has done, for metrics.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use service_runtime::{
    metrics::{Exposition, Tally},
    outcomes,
};

/// What clean-up has done in this process.
#[derive(Debug)]
pub struct CleanUpRecord {
    deleted: Tally<Table>,
    failures: AtomicU64,
    /// The beginning, at first: what has never worked is as old as the process.
    last_success: Mutex<Instant>,
}

outcomes! {
    /// What rows leave.
    pub(super) enum Table {
        Sessions = "sessions",
        Revocations = "revocations",
        SecurityEvents = "security_events",
        Throttles = "throttles",
    }
}

/// How many rows a step deleted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Deleted {
    pub(super) sessions: usize,
    pub(super) revocations: usize,
    pub(super) events: usize,
    pub(super) throttles: usize,
}

impl Default for CleanUpRecord {
    fn default() -> Self {
        Self {
            deleted: Tally::default(),
            failures: AtomicU64::new(0),
            last_success: Mutex::new(Instant::now()),
        }
    }
}

impl CleanUpRecord {
    /// There was nothing to be done, or it was done.
    pub(super) fn succeeded(&self, deleted: Deleted) {
        for (table, number) in [
            (Table::Sessions, deleted.sessions),
            (Table::Revocations, deleted.revocations),
            (Table::SecurityEvents, deleted.events),
            (Table::Throttles, deleted.throttles),
        ] {
            self.deleted.add(table, number as u64);
        }
        *self.last_success() = Instant::now();
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes the figures down.
    pub fn read(&self, exposition: &mut Exposition) {
        self.deleted.read(
            "table",
            exposition.counter(
                "auth_clean_up_deleted_rows_total",
                "Rows that clean-up has deleted.",
            ),
        );
        exposition
            .counter(
                "auth_clean_up_failures_total",
                "Looks for something to clean up, and steps, that failed.",
            )
            .value(self.failures.load(Ordering::Relaxed));
        let age = self.last_success().elapsed();
        exposition
            .gauge(
                "auth_clean_up_success_age_seconds",
                "Time since one of those succeeded, or since the process began.",
            )
            .value(age.as_secs_f64());
    }

    fn last_success(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.last_success
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
