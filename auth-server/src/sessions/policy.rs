//! How long sessions live, and how long their superseded tokens are honoured.

use std::time::{Duration, Instant};

use crate::tokens::scope::SessionScope;

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
    /// How long a session of that scope lives at the most. One that administers is opened for a day's work, and
    /// not kept.
    #[must_use]
    pub fn absolute_for(&self, scope: &SessionScope) -> Duration {
        const ADMINISTRATION: Duration = Duration::from_hours(12);
        if scope.is_administration() {
            self.absolute.min(ADMINISTRATION)
        } else {
            self.absolute
        }
    }

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
