//! For how long the database was away lately: what happened to a client meanwhile is not the client's doing.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// When units of work succeeded and failed, as far as it matters here. It is asked for each of them, so
/// that the usual case is two atomic operations.
#[derive(Debug)]
pub(crate) struct Availability {
    start: Instant,
    /// Milliseconds after `start`.
    last_success: AtomicU64,
    failed_since: AtomicBool,
    last_outage: Mutex<Option<Outage>>,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    length: Duration,
    until: Duration,
}

/// The lengths of outages with less time between them add up.
const PAUSE: Duration = Duration::from_secs(60);

impl Availability {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            start: now,
            last_success: AtomicU64::new(0),
            failed_since: AtomicBool::new(false),
            last_outage: Mutex::new(None),
        }
    }

    /// A connection could not be made. That none is free is no outage: others are being served.
    pub(crate) fn failed(&self) {
        self.failed_since.store(true, Ordering::Release);
    }

    /// A unit of work was done.
    pub(crate) fn succeeded(&self, now: Instant) {
        let now = now.saturating_duration_since(self.start);
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let before = Duration::from_millis(self.last_success.swap(millis, Ordering::AcqRel));
        if !self.failed_since.load(Ordering::Acquire)
            || !self.failed_since.swap(false, Ordering::AcqRel)
        {
            return;
        }
        let mut last = self.last_outage();
        let length = length(*last, before, now);
        *last = Some(Outage { length, until: now });
    }

    /// How long the last outage was, if it ended less than `within` before `now` or ends now: for the
    /// first unit of work after it, it is not over yet.
    pub(crate) fn recent_outage(&self, within: Duration, now: Instant) -> Duration {
        let now = now.saturating_duration_since(self.start);
        if self.failed_since.load(Ordering::Acquire) {
            let last_success = Duration::from_millis(self.last_success.load(Ordering::Acquire));
            return length(*self.last_outage(), last_success, now);
        }
        match *self.last_outage() {
            Some(last) if now.saturating_sub(last.until) < within => last.length,
            _ => Duration::ZERO,
        }
    }

    fn last_outage(&self) -> std::sync::MutexGuard<'_, Option<Outage>> {
        self.last_outage
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The length of an outage from the last success before it until now, and of the one before if that was over
/// only just then.
fn length(last: Option<Outage>, last_success: Duration, now: Duration) -> Duration {
    let length = now.saturating_sub(last_success);
    match last {
        Some(last) if last_success.saturating_sub(last.until) < PAUSE => last.length + length,
        _ => length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_outage_lasts_from_one_success_to_the_next_and_is_forgotten() {
        let start = Instant::now();
        let availability = Availability::new(start);
        let outage = |at: u32| availability.recent_outage(30 * SECOND, start + at * SECOND);
        availability.succeeded(start + 5 * SECOND);
        availability.failed();
        availability.failed();
        assert_eq!(outage(60), 55 * SECOND);
        availability.succeeded(start + 65 * SECOND);
        availability.succeeded(start + 66 * SECOND);
        assert_eq!(outage(66), 60 * SECOND);
        assert_eq!(outage(94), 60 * SECOND);
        assert_eq!(outage(95), Duration::ZERO);
    }

    #[test]
    fn outages_in_quick_succession_add_up() {
        let start = Instant::now();
        let availability = Availability::new(start);
        for success in [0, 10, 40, 50] {
            availability.succeeded(start + success * SECOND);
            if success == 0 || success == 40 {
                availability.failed();
            }
        }
        assert_eq!(
            availability.recent_outage(SECOND, start + 50 * SECOND),
            20 * SECOND
        );
        // Long after, one begins anew.
        availability.succeeded(start + 200 * SECOND);
        availability.failed();
        availability.succeeded(start + 203 * SECOND);
        assert_eq!(
            availability.recent_outage(SECOND, start + 203 * SECOND),
            3 * SECOND
        );
    }
}
