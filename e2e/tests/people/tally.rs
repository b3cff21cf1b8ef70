//! What happened, in numbers.

use std::collections::BTreeSet;

use crate::device::Journey;
use crate::ledger::Meaning;

/// The numbers of a simulation.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The moments at which something was asked of the servers.
    pub(crate) moments: u64,
    pub(crate) registered: BTreeSet<usize>,
    pub(crate) rotations: u64,
    pub(crate) repeats: u64,
    pub(crate) refusals: u64,
    pub(crate) logouts: u64,
    /// Requests that were sent again since no answer had come.
    pub(crate) asked_again: u64,
    pub(crate) reloads: u64,
    pub(crate) lost: u64,
    pub(crate) delayed: u64,
    pub(crate) doubled: u64,
    /// Answers whose tab no longer waited for them.
    pub(crate) too_late: u64,
    /// Stored answers that were older than what they replaced.
    pub(crate) set_back: u64,
    /// The sessions that reached their end in that way.
    pub(crate) expired_idle: BTreeSet<usize>,
    pub(crate) expired_absolute: BTreeSet<usize>,
    /// Devices that fell asleep over a lost answer, and those that lost their session by it.
    pub(crate) silences: u64,
    pub(crate) silences_ended: u64,
    /// What an honest device lost its session by, and nobody can say why.
    pub(crate) false_logouts: Vec<String>,
}

impl Tally {
    pub(crate) fn sent(&mut self, journeys: &[Journey], attempt: u8) {
        self.asked_again += u64::from(attempt > 0);
        self.doubled += u64::from(journeys.len() > 1);
        for journey in journeys {
            match journey.back {
                None => self.lost += 1,
                Some(back) => self.delayed += u64::from(journey.there + back > 0),
            }
        }
    }

    pub(crate) fn served(&mut self, meaning: Meaning, log_out: bool) {
        match meaning {
            _ if log_out => self.logouts += 1,
            Meaning::Rotate => self.rotations += 1,
            Meaning::Repeat => self.repeats += 1,
            Meaning::Reuse | Meaning::Revoked | Meaning::Expired => self.refusals += 1,
        }
    }

    /// All refreshes that were answered, with tokens or a refusal.
    pub(crate) fn refreshes(&self) -> u64 {
        self.rotations + self.repeats + self.refusals
    }
}
