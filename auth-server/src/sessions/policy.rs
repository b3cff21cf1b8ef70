//! How long sessions live, and how long their superseded tokens are honoured.

use std::time::{Duration, Instant};

/// The lifetimes of sessions.
#[derive(Clone, Copy, Debug)]
pub struct SessionPolicy {
    /// The grace window.
    pub grace: Duration,
    /// How long a session lives without being refreshed.
    pub idle: Duration,
    /// How long a session lives at the most.
    pub absolute: Duration,
    /// How many a person has at once, at the most.
    pub per_person: u32,
}

impl SessionPolicy {
    /// The grace window of one request: the configured one, the time that the request has spent in
    /// this process, in which its token may have been superseded, and the length of an outage of the
    /// database that has been over for less than a window, in which nobody could be served. Without a
    /// window there is no such leniency either.
    #[must_use]
    pub fn window(&self, arrived: Instant, outage: Duration) -> Duration {
        if self.grace.is_zero() {
            Duration::ZERO
        } else {
            self.grace + arrived.elapsed() + outage
        }
    }
}
