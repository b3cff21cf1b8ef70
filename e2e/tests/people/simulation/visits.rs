//! What people do at their devices, and what the devices do for them.

use super::{Event, Party, Request, Simulation};
use crate::clock::Moment;
use crate::device::{ATTEMPTS, Device, Ending, Opening, PATIENCE, Tab};
use crate::ledger::{DAY, Meaning, Token};

impl Simulation<'_> {
    /// The tabs of a signed-in device come up.
    pub(super) fn open(&mut self, device: usize) {
        let visit = self.devices[device].visits;
        let (tabs, opening, length) = self.devices[device].visit();
        self.devices[device].tabs = vec![Tab::default(); tabs];
        for (tab, place) in (0..tabs).zip(0..) {
            let wait = match opening {
                Opening::OneByOne(apart) => apart * place,
                Opening::AtOnce | Opening::Reloads(_) => 0,
            };
            self.set_timer(device, tab, self.now + wait);
        }
        if let Opening::Reloads(times) = opening {
            for second in 1..=times {
                self.at(self.now + second, Event::Reload { device, visit });
            }
        }
        self.at(self.now + length, Event::Leave { device, visit });
    }

    pub(super) fn set_timer(&mut self, device: usize, tab: usize, moment: Moment) {
        let timer = self.number();
        self.devices[device].tabs[tab].timer = timer;
        self.at(moment, Event::Timer { device, tab, timer });
    }

    /// A tab asks for a refresh with what the jar holds now. What it waited for before, it hears no more of.
    pub(super) fn send(&mut self, device: usize, tab: usize, attempt: u8) {
        assert!(attempt < ATTEMPTS);
        let number = self.number();
        let found = &mut self.devices[device];
        if found.signed_out {
            return;
        }
        let Some(token) = found.jar else { return };
        found.tabs[tab].waits_for = Some(number);
        let journeys = found.journeys(attempt);
        self.tally.sent(&journeys, attempt);
        for journey in journeys {
            let request = Request {
                party: Party::Tab {
                    device,
                    tab,
                    number,
                },
                token,
                log_out: false,
                back: journey.back,
            };
            self.at(self.now + journey.there, Event::Arrive(request));
        }
        let given_up = Event::GiveUp {
            device,
            tab,
            number,
            attempt,
        };
        self.at(self.now + PATIENCE, given_up);
    }

    /// An answer reaches its tab: the token that came, or a refusal.
    pub(super) fn answered(&mut self, request: &Request, answer: Option<Token>) {
        let Party::Tab {
            device,
            tab,
            number,
        } = request.party
        else {
            return;
        };
        let found = &mut self.devices[device];
        let visit = found.visits;
        if found
            .tabs
            .get(tab)
            .is_none_or(|tab| tab.waits_for != Some(number))
        {
            self.tally.too_late += 1;
            return;
        }
        found.tabs[tab].waits_for = None;
        let unchanged = found.jar == Some(request.token);
        if let Some(token) = answer {
            let rule = self.setup.jar;
            if found
                .jar
                .is_some_and(|jar| rule.stores(jar, request.token, token))
            {
                let before = found.jar.replace(token);
                self.tally.set_back += u64::from(before.is_some_and(|before| {
                    before.session == token.session && before.generation > token.generation
                }));
            }
            let moment = found.timer(self.now);
            self.set_timer(device, tab, moment);
            self.steal(device, false);
        } else if unchanged && !found.signed_out {
            found.signed_out = true;
            let pause = found.random.within(10..=60);
            self.at(self.now + pause, Event::SignInAgain { device, visit });
        }
    }

    /// Who waits for this device's token takes it, from the second visit on, where there is time enough left
    /// to be caught.
    pub(super) fn steal(&mut self, device: usize, at_night: bool) -> Option<usize> {
        let Device { jar, visits, .. } = self.devices[device];
        let ends = self.ledger.sessions[jar?.session].absolute_until;
        if visits < 2 || ends.min(self.setup.days * DAY) < self.now + 4 * DAY {
            return None;
        }
        let thief = self.thieves.iter().position(|thief| {
            thief.victim == device && thief.token.is_none() && thief.comes_at_night() == at_night
        })?;
        self.thieves[thief].token = jar;
        Some(thief)
    }

    /// Whether a thief is after this device, or in it.
    fn is_watched(&self, device: usize) -> bool {
        self.thieves.iter().any(|thief| {
            let waits = |token: Token| !self.ledger.sessions[token.session].is_over(self.now);
            thief.victim == device && thief.token.is_none_or(waits)
        })
    }

    /// Someone leaves the device, once nothing is under way any more.
    pub(super) fn leave(&mut self, device: usize) {
        let found = &self.devices[device];
        let visit = found.visits;
        if found.is_waiting() || found.signed_out {
            self.at(self.now + 3, Event::Leave { device, visit });
            return;
        }
        let watched = self.is_watched(device);
        let overtaker = self.steal(device, true);
        let token = self.devices[device].jar.unwrap();
        let mut ending = self.devices[device].ending(watched);
        let rotates = self.ledger.meaning(token, self.now) == Meaning::Rotate;
        if ending == Ending::SleepOverALostAnswer && !rotates {
            ending = Ending::Sleep;
        }
        self.end_visit(device, token, ending);
        let waking = self.devices[device].next_visit(self.now, watched);
        self.at(waking, Event::Visit(device));
        if let Some(thief) = overtaker
            && let Some(moment) = self.thieves[thief].while_the_victim_sleeps(self.now, waking)
        {
            self.at(moment, Event::Steal(thief));
        }
    }

    fn end_visit(&mut self, device: usize, token: Token, ending: Ending) {
        if ending == Ending::LogOutMeanwhile {
            for tab in 0..self.devices[device].tabs.len() {
                self.send(device, tab, 0);
            }
        }
        let found = &mut self.devices[device];
        found.tabs.clear();
        let log_out = match ending {
            Ending::Sleep => return,
            Ending::SleepOverALostAnswer => {
                found.asleep_with = Some(token);
                self.tally.silences += 1;
                false
            }
            Ending::LogOut | Ending::LogOutMeanwhile => {
                found.jar = None;
                found.signed_out = true;
                true
            }
        };
        self.at(
            self.now,
            Event::Arrive(Request {
                party: Party::Device(device),
                token,
                log_out,
                back: None,
            }),
        );
    }
}
