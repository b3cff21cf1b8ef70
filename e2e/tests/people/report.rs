//! The numbers of a simulation, for people and for whoever asserts them.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::ledger::Reason;
use crate::simulation::Simulation;

/// What came of a simulation that took so long.
pub(crate) struct Report<'a, 'b> {
    pub(crate) simulation: &'a Simulation<'b>,
    pub(crate) took: Duration,
    pub(crate) too_busy: usize,
}

impl Report<'_, '_> {
    /// How many thieves have stolen something, how often they were served before they were caught, and how
    /// many were.
    pub(crate) fn thieves(&self) -> (usize, u32, usize) {
        let thieves = &self.simulation.thieves;
        let planted = thieves.iter().filter(|thief| thief.token.is_some());
        let caught = thieves.iter().filter(|thief| thief.caught.is_some());
        let served = thieves.iter().map(|thief| thief.served).sum();
        (planted.count(), served, caught.count())
    }
}

impl Display for Report<'_, '_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Simulation {
            setup,
            tally,
            ledger,
            devices,
            ..
        } = self.simulation;
        let (planted, served, caught) = self.thieves();
        let seconds = self.took.as_secs().max(1);
        let rate = tally.refreshes() / seconds;
        writeln!(
            f,
            "people: {} people, {} devices, {} sessions, {} virtual days, seed {}: {seconds} s, \
             {} moments, {rate} refreshes a second",
            tally.registered.len(),
            devices.len(),
            ledger.sessions.len(),
            setup.days,
            setup.seed,
            tally.moments,
        )?;
        let logouts = ledger.ended(Reason::Logout) + ledger.ended(Reason::Replaced);
        for (name, number) in [
            ("refreshes", tally.refreshes()),
            ("  that rotated", tally.rotations),
            ("  that repeated", tally.repeats),
            ("  that were refused, with a reason", tally.refusals),
            ("answers lost", tally.lost),
            ("  asked for again", tally.asked_again),
            ("  by a reload", tally.reloads),
            ("answers or requests delayed", tally.delayed),
            ("  answers too late for their tab", tally.too_late),
            ("requests doubled", tally.doubled),
            ("older answers over newer tokens", tally.set_back),
            ("503 of a busy machine, asked again", self.too_busy as u64),
            ("sessions logged out or replaced", logouts as u64),
            (
                "sessions unused for 7 days",
                tally.expired_idle.len() as u64,
            ),
            (
                "sessions as old as they may get",
                tally.expired_absolute.len() as u64,
            ),
            ("thieves planted", planted as u64),
            ("  served inside the window or ahead", u64::from(served)),
            ("  caught", caught as u64),
            ("lost answers, then silence: planted", tally.silences),
            ("  taken for theft", tally.silences_ended),
            ("false logouts", tally.false_logouts.len() as u64),
        ] {
            writeln!(f, "  {name:<38}{number:>9}")?;
        }
        Ok(())
    }
}
