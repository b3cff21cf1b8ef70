//! How a pool is used: who waits for a connection, for how long, and in vain.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What is counted as units of work come for a connection.
#[derive(Debug, Default)]
pub(crate) struct PoolUsage {
    waiting: AtomicU64,
    served: AtomicU64,
    timeouts: AtomicU64,
    waited_nanoseconds: AtomicU64,
    connect_failures: AtomicU64,
}

/// How a pool is doing, for metrics.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DatabaseStatus {
    /// Connections that nobody uses.
    pub idle: u32,
    /// Connections that somebody uses.
    pub in_use: u32,
    /// Connections that there may be.
    pub most: u32,
    /// Units of work that wait for a connection.
    pub waiting: u64,
    /// Units of work that ever got one.
    pub served: u64,
    /// Units of work that got none in time.
    pub timeouts: u64,
    /// How long both have waited, added up.
    pub waited: Duration,
    /// Attempts to connect that ever failed.
    pub connect_failures: u64,
}

impl PoolUsage {
    /// Comes for a connection by `get`.
    pub(crate) fn wait<T, E>(&self, get: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let began = Instant::now();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let outcome = get();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let waited = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.waited_nanoseconds.fetch_add(waited, Ordering::Relaxed);
        let counted = if outcome.is_ok() {
            &self.served
        } else {
            &self.timeouts
        };
        counted.fetch_add(1, Ordering::Relaxed);
        outcome
    }

    /// A connection could not be made.
    pub(crate) fn connect_failed(&self) {
        self.connect_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// With what the pool itself says of its connections.
    pub(crate) fn status(&self, connections: u32, idle: u32, most: u32) -> DatabaseStatus {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        DatabaseStatus {
            idle,
            in_use: connections.saturating_sub(idle),
            most,
            waiting: read(&self.waiting),
            served: read(&self.served),
            timeouts: read(&self.timeouts),
            waited: Duration::from_nanos(read(&self.waited_nanoseconds)),
            connect_failures: read(&self.connect_failures),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_is_counted_and_then_how_it_ended() {
        let usage = PoolUsage::default();
        let within = usage.wait(|| {
            let within = usage.status(3, 1, 4);
            std::thread::park_timeout(Duration::from_millis(2));
            Ok::<_, ()>(within)
        });
        let DatabaseStatus {
            in_use, waiting, ..
        } = within.unwrap();
        assert_eq!((in_use, waiting), (2, 1));
        assert!(usage.wait(|| Err::<(), _>(())).is_err());
        let after = usage.status(0, 0, 4);
        assert_eq!((after.waiting, after.served, after.timeouts), (0, 1, 1));
        assert!(after.waited >= Duration::from_millis(2));
    }
}
