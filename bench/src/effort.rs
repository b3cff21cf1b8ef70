//! How much is measured.

use std::time::Duration;

/// How long and how often, and how large tables are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Pairs of rounds that are compared. Many short ones: what else the machine does changes within seconds,
    /// and meets both of a pair alike.
    pub(crate) rounds: usize,
    /// One round.
    pub(crate) round: Duration,
    /// Before the first round, for each side.
    pub(crate) warm_up: Duration,
    /// Refreshes whose statements and writes are counted.
    pub(crate) counted_refreshes: u64,
    /// Rows of the large table of sessions.
    pub(crate) many_sessions: u32,
    /// Starts of each service.
    pub(crate) starts: usize,
    /// How long services are under load before their memory is compared.
    pub(crate) soak: Duration,
    /// How often memory is looked at meanwhile.
    pub(crate) looks: u32,
}

impl Effort {
    /// For the figures that are written down.
    pub(crate) fn full() -> Self {
        Self {
            rounds: 61,
            round: Duration::from_millis(500),
            warm_up: Duration::from_secs(3),
            counted_refreshes: 20_000,
            many_sessions: 5_000_000,
            starts: 10,
            soak: Duration::from_secs(600),
            looks: 120,
        }
    }

    /// For every day: under two minutes in all.
    pub(crate) fn quick() -> Self {
        Self {
            rounds: 31,
            round: Duration::from_millis(100),
            warm_up: Duration::from_millis(300),
            counted_refreshes: 2_000,
            many_sessions: 100_000,
            starts: 5,
            soak: Duration::from_secs(5),
            looks: 20,
        }
    }

    /// Fewer and longer rounds, for what happens too seldom to be told from a short one.
    pub(crate) fn in_long_rounds(self, times: u32) -> Self {
        Self {
            rounds: self.rounds.div_ceil(times as usize).max(2),
            round: self.round * times,
            ..self
        }
    }

    /// More and shorter rounds, that take as long together: for what differs by less than the machine does from
    /// one second to the next.
    pub(crate) fn in_more_rounds(self, times: u32) -> Self {
        Self {
            rounds: self.rounds * times as usize,
            round: self.round / times,
            ..self
        }
    }

    /// Shorter rounds, for what happens so often that they tell as much.
    pub(crate) fn in_short_rounds(self, parts: u32) -> Self {
        Self {
            round: self.round / parts,
            ..self
        }
    }
}
