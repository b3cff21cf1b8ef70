//! What everyone together has met with since someone last looked.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Shared by all people of a crowd.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Counts>);

/// Figures of one fault.
#[derive(Default)]
pub(crate) struct Counts {
    /// Calls that were sent, repetitions included.
    pub(crate) requests: u64,
    /// Writes that were answered with success: registrations, logins, refreshes, notes, logouts.
    pub(crate) acknowledged: u64,
    /// Answers that say "later", and connections that broke, by kind.
    pub(crate) refused: BTreeMap<String, u64>,
    /// How long each of the answers that say "later" took.
    pub(crate) refused_after: Vec<Duration>,
    /// Acknowledged writes that are not there.
    pub(crate) lost: Vec<String>,
    /// Sessions that ended without their owner's will.
    pub(crate) false_logouts: Vec<String>,
    /// Access tokens in their lifetime, of living sessions, that were not accepted.
    pub(crate) false_401s: Vec<String>,
    /// The same while they are excused, see [`Tally::excuse`].
    pub(crate) excused_401s: u64,
    /// Answers that no one should ever get.
    pub(crate) unexpected: Vec<String>,
    /// Whether refused access tokens are counted apart for now.
    excusing: bool,
}

impl Tally {
    /// What was counted since the last call.
    pub(crate) fn take(&self) -> Counts {
        let mut counts = self.counts();
        let excusing = counts.excusing;
        let fresh = Counts {
            excusing,
            ..Counts::default()
        };
        std::mem::replace(&mut counts, fresh)
    }

    /// Counts refused access tokens apart, or no longer: for faults under which a refusal is right.
    pub(crate) fn excuse(&self, excusing: bool) {
        self.counts().excusing = excusing;
    }

    /// How many writes were acknowledged so far.
    pub(crate) fn acknowledgements(&self) -> u64 {
        self.counts().acknowledged
    }

    /// How many refused access tokens were counted apart so far.
    pub(crate) fn excused(&self) -> u64 {
        self.counts().excused_401s
    }

    /// How many answers said "later" so far, lost connections included.
    pub(crate) fn refusals(&self) -> u64 {
        self.counts().refused.values().sum()
    }

    /// How long each of the answers that say "later" took so far.
    pub(crate) fn refused_after(&self) -> Vec<Duration> {
        self.counts().refused_after.clone()
    }

    pub(crate) fn request(&self) {
        self.counts().requests += 1;
    }

    pub(crate) fn acknowledged(&self) {
        self.counts().acknowledged += 1;
    }

    pub(crate) fn refused(&self, how: String, after: Duration) {
        let mut counts = self.counts();
        *counts.refused.entry(how).or_default() += 1;
        counts.refused_after.push(after);
    }

    pub(crate) fn lost(&self, what: String) {
        self.counts().lost.push(what);
    }

    pub(crate) fn false_logout(&self, whose: String) {
        self.counts().false_logouts.push(whose);
    }

    pub(crate) fn false_401(&self, whose: String) {
        let mut counts = self.counts();
        if counts.excusing {
            counts.excused_401s += 1;
        } else {
            counts.false_401s.push(whose);
        }
    }

    pub(crate) fn unexpected(&self, what: String) {
        self.counts().unexpected.push(what);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap()
    }
}

impl Counts {
    /// Everything that no fault excuses, for the message of a failure.
    pub(crate) fn wrongs(&self) -> Vec<&String> {
        let wrongs = [
            &self.lost,
            &self.false_logouts,
            &self.false_401s,
            &self.unexpected,
        ];
        wrongs.into_iter().flatten().collect()
    }
}
