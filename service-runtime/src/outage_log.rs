//! Says in the log that the database is away, and that it is back: not one line for each attempt
//! of each connection.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often an outage that goes on is mentioned.
const REMINDER: Duration = Duration::from_secs(30);

/// Whether the database is away, as told by the attempts to connect to it.
#[derive(Debug, Default)]
pub(crate) struct OutageLog {
    last_mentioned: Mutex<Option<Instant>>,
}

impl OutageLog {
    /// An attempt to connect failed.
    pub(crate) fn noticed(&self, error: &impl std::fmt::Display) {
        if self.is_to_be_mentioned(Instant::now()) {
            let error = error.to_string();
            log::warn!(error = error.trim_end(); "the database is away; trying until it is back");
        }
    }

    /// An attempt to connect succeeded.
    pub(crate) fn over(&self) {
        let mut last_mentioned = self
            .last_mentioned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last_mentioned.take().is_some() {
            log::info!("the database is back");
        }
    }

    fn is_to_be_mentioned(&self, now: Instant) -> bool {
        let mut last_mentioned = self
            .last_mentioned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let recently =
            last_mentioned.is_some_and(|last| now.saturating_duration_since(last) < REMINDER);
        if !recently {
            *last_mentioned = Some(now);
        }
        !recently
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_mentioned_when_it_begins_and_now_and_then() {
        let outage = OutageLog::default();
        let start = Instant::now();
        assert!(outage.is_to_be_mentioned(start));
        assert!(!outage.is_to_be_mentioned(start + REMINDER / 2));
        assert!(outage.is_to_be_mentioned(start + REMINDER));
        outage.over();
        assert!(outage.is_to_be_mentioned(start + REMINDER));
    }
}
