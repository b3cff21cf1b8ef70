//! How much is measured.

use std::time::Duration;

/// How long and how often, and how large tables are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Pairs of rounds that are compared.
    pub(crate) rounds: usize,
    /// One round.
    pub(crate) round: Duration,
    /// Before the first round, for each side.
    pub(crate) warm_up: Duration,
}

impl Effort {
    /// For the figures that are written down.
    pub(crate) fn full() -> Self {
        Self {
            rounds: 9,
            round: Duration::from_secs(4),
            warm_up: Duration::from_secs(3),
        }
    }

    /// For every day: under two minutes in all.
    pub(crate) fn quick() -> Self {
        Self {
            rounds: 5,
            round: Duration::from_millis(600),
            warm_up: Duration::from_millis(600),
        }
    }
}
