//! What follows from an answer: for the ledger, for thieves, and for the question who was logged out by
//! accident.

use super::{Event, Party, Request, Simulation};
use crate::ledger::{Meaning, Token};
use crate::servers::Said;
use crate::thief::Thief;

impl Simulation<'_> {
    /// Enters what was said into the ledger, and lets the answer travel.
    pub(super) fn served(&mut self, request: &Request, said: &Said) {
        let token = request.token;
        let (_, _, origin) = self.ask(request);
        let (meaning, answer) = if request.log_out {
            assert_eq!(*said, Said::Done);
            (self.ledger.log_out(token, &origin, self.now), None)
        } else {
            self.ledger.refresh(token, said, &origin, self.now)
        };
        self.tally.served(meaning, request.log_out);
        match request.party {
            Party::Thief(thief) => self.thief_was_answered(thief, meaning, answer),
            Party::Tab { device, .. } | Party::Device(device) => {
                if meaning == Meaning::Rotate && !request.log_out {
                    self.victim_rotated(token.session);
                }
                self.explain(device, token, meaning);
            }
        }
        if meaning == Meaning::Reuse
            && let Some(thief) = self.thief_of(token.session)
        {
            self.thieves[thief].caught = Some(self.now);
        }
        if let Some(back) = request.back {
            let request = request.clone();
            self.at(self.now + back, Event::Answer { request, answer });
        }
    }

    fn thief_of(&self, session: usize) -> Option<usize> {
        let of_session = |thief: &Thief| thief.token.is_some_and(|token| token.session == session);
        self.thieves.iter().position(of_session)
    }

    fn victim_rotated(&mut self, session: usize) {
        if let Some(thief) = self.thief_of(session)
            && let Some(wait) = self.thieves[thief].after_a_rotation()
        {
            self.at(self.now + wait, Event::Steal(thief));
        }
    }

    fn thief_was_answered(&mut self, number: usize, meaning: Meaning, answer: Option<Token>) {
        let thief = &mut self.thieves[number];
        thief.got_ahead |= meaning == Meaning::Rotate;
        if let Some(token) = answer {
            thief.token = Some(token);
            thief.served += 1;
            if let Some(wait) = thief.after_success() {
                self.at(self.now + wait, Event::Steal(number));
            }
        }
    }

    /// Every refusal that an honest device meets has a reason that was planned, or else it is a false
    /// logout.
    fn explain(&mut self, device: usize, token: Token, meaning: Meaning) {
        let session = &self.ledger.sessions[token.session];
        let found = &self.devices[device];
        let explained = match meaning {
            // What ended it has been explained.
            Meaning::Rotate | Meaning::Repeat | Meaning::Revoked => true,
            Meaning::Expired if session.absolute_until <= self.now => {
                self.tally.expired_absolute.insert(token.session);
                true
            }
            Meaning::Expired => {
                self.tally.expired_idle.insert(token.session);
                found.left_alone
            }
            Meaning::Reuse if found.asleep_with == Some(token) => {
                self.tally.silences_ended += 1;
                true
            }
            Meaning::Reuse => {
                let thief = self.thief_of(token.session);
                thief.is_some_and(|thief| self.thieves[thief].got_ahead)
            }
        };
        if !explained {
            self.tally.false_logouts.push(format!(
                "{} at {}: {token:?}, current {}, rotated {:?}, {meaning:?}; the jar held {:?}",
                found.origin.user_agent,
                self.now,
                session.generation(),
                session.rotated_at(),
                found.jar,
            ));
        }
    }
}
