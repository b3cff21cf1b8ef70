//! The bound in front, in this process's memory.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::{policy::BucketPolicy, subject::Subject};

/// Counts calls by subject.
pub(super) struct Flood {
    calls: DefaultKeyedRateLimiter<Subject>,
    /// Whose refusals were recorded within the last minute.
    news: DefaultKeyedRateLimiter<Subject>,
    clock: DefaultClock,
    checks: AtomicU32,
}

/// After so many checks, subjects that have not been seen for a while are forgotten: memory stays
/// bounded, whatever the number of addresses.
const CHECKS_BETWEEN_PURGES: u32 = 10_000;

impl Flood {
    pub(super) fn new(policy: BucketPolicy) -> Self {
        let quota = |policy: BucketPolicy| {
            let interval = policy.interval.max(Duration::from_nanos(1));
            Quota::with_period(interval)
                .unwrap_or_else(|| Quota::per_second(NonZeroU32::MAX))
                .allow_burst(policy.burst)
        };
        Self {
            calls: RateLimiter::keyed(quota(policy)),
            news: RateLimiter::keyed(Quota::per_minute(NonZeroU32::MIN)),
            clock: DefaultClock::default(),
            checks: AtomicU32::default(),
        }
    }

    /// Counts a call; outside its bound, says how long until the next one is within.
    pub(super) fn check(&self, subject: Subject) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_BETWEEN_PURGES
            == CHECKS_BETWEEN_PURGES - 1
        {
            self.calls.retain_recent();
            self.news.retain_recent();
        }
        self.calls
            .check_key(&subject)
            .map_err(|refused| refused.wait_time_from(self.clock.now()))
    }

    /// Whether the last minute has not told of this subject yet.
    pub(super) fn is_news(&self, subject: Subject) -> bool {
        self.news.check_key(&subject).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_has_its_burst_and_no_more() {
        let flood = Flood::new(BucketPolicy {
            burst: NonZeroU32::new(3).unwrap(),
            interval: Duration::from_mins(1),
        });
        for subject in [[1; 16], [2; 16]] {
            for _ in 0..3 {
                assert_eq!(flood.check(subject), Ok(()));
            }
            let wait = flood.check(subject).unwrap_err();
            assert!(wait > Duration::from_secs(50), "{wait:?}");
        }
        assert!(flood.is_news([1; 16]));
        assert!(!flood.is_news([1; 16]));
    }

    #[test]
    fn subjects_that_come_once_are_forgotten() {
        let flood = Flood::new(BucketPolicy {
            burst: NonZeroU32::MIN,
            interval: Duration::from_nanos(1),
        });
        for number in 0..CHECKS_BETWEEN_PURGES * 3 {
            let mut subject = Subject::default();
            subject[..4].copy_from_slice(&number.to_be_bytes());
            let _ = flood.check(subject);
        }
        assert!(flood.calls.len() < 10, "{}", flood.calls.len());
    }
}
