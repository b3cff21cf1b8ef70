//! The run of the days: what is due at one moment happens at once, against two replicas; when all of it is
//! answered, the clock is set to the next moment at which something is due.

mod consequences;
mod serving;
mod visits;

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::device::Device;
use crate::jar::JarRule;
use crate::ledger::{Ledger, Token};
use crate::random::Random;
use crate::servers::{Servers, Storage};
use crate::tally::Tally;
use crate::thief::Thief;

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) people: usize,
    pub(crate) days: Moment,
    /// The servers' absolute lifetime of sessions.
    pub(crate) absolute: Moment,
    /// A thief for one in so many people.
    pub(crate) people_per_thief: usize,
    pub(crate) jar: JarRule,
}

/// People, thieves and servers at one moment.
pub(crate) struct Simulation<'a> {
    pub(crate) setup: Setup,
    servers: &'a Servers,
    now: Moment,
    agenda: BTreeMap<Moment, Vec<Event>>,
    pub(crate) devices: Vec<Device>,
    pub(crate) thieves: Vec<Thief>,
    pub(crate) ledger: Ledger,
    pub(crate) tally: Tally,
    numbers: u64,
    sign_ins: Vec<usize>,
    arrivals: Vec<Request>,
}

#[derive(Debug)]
enum Event {
    Visit(usize),
    Reload {
        device: usize,
        visit: u32,
    },
    Timer {
        device: usize,
        tab: usize,
        timer: u64,
    },
    Arrive(Request),
    Answer {
        request: Request,
        answer: Option<Token>,
    },
    GiveUp {
        device: usize,
        tab: usize,
        number: u64,
        attempt: u8,
    },
    SignInAgain {
        device: usize,
        visit: u32,
    },
    Leave {
        device: usize,
        visit: u32,
    },
    Steal(usize),
}

/// Whoever presents a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Party {
    Tab {
        device: usize,
        tab: usize,
        number: u64,
    },
    /// The device as such: its user has logged out, or it fell asleep.
    Device(usize),
    Thief(usize),
}

#[derive(Clone, Debug)]
struct Request {
    party: Party,
    token: Token,
    log_out: bool,
    /// Seconds that the answer takes, if it arrives.
    back: Option<Moment>,
}

impl<'a> Simulation<'a> {
    pub(crate) fn new(setup: Setup, servers: &'a Servers) -> Self {
        let mut simulation = Self {
            setup,
            servers,
            now: 0,
            agenda: BTreeMap::new(),
            devices: Vec::new(),
            thieves: Vec::new(),
            ledger: Ledger::new(setup.absolute),
            tally: Tally::default(),
            numbers: 0,
            sign_ins: Vec::new(),
            arrivals: Vec::new(),
        };
        for person in 0..setup.people {
            simulation.add_person(person);
        }
        simulation
    }

    /// Lets the time pass until then.
    pub(crate) async fn run_until(&mut self, end: Moment) {
        while let Some(entry) = self.agenda.first_entry()
            && *entry.key() < end
        {
            let (moment, events) = entry.remove_entry();
            self.now = moment;
            for event in events {
                self.happens(event);
            }
            if !self.sign_ins.is_empty() || !self.arrivals.is_empty() {
                self.servers.set_clock(moment);
                self.tally.moments += 1;
                self.sign_in().await;
                self.serve().await;
            }
        }
    }

    fn add_person(&mut self, person: usize) {
        let mut random = Random::new(self.setup.seed, person as u64);
        let mut storages = vec![Storage::CookieJar];
        if random.percent(50) {
            storages.push(Storage::Own);
        }
        if random.percent(30) {
            storages.push(Storage::CookieJar);
        }
        if person.is_multiple_of(self.setup.people_per_thief) {
            let number = self.thieves.len();
            let random = Random::new(!self.setup.seed, number as u64);
            let thief = Thief::new(number, self.devices.len(), random);
            self.thieves.push(thief);
        }
        let mut registers_at = None;
        for storage in storages {
            let number = self.devices.len();
            let random = Random::new(self.setup.seed, 1_000_000 + number as u64);
            let mut device = Device::new(person, number, storage, random);
            // The first device registers; the others log in later.
            let first = device.first_visit() + registers_at.unwrap_or(0);
            registers_at.get_or_insert(first);
            self.devices.push(device);
            self.at(first, Event::Visit(number));
        }
    }

    fn at(&mut self, moment: Moment, event: Event) {
        self.agenda.entry(moment).or_default().push(event);
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Visit(device) => {
                self.devices[device].visits += 1;
                if self.devices[device].signed_out {
                    self.sign_ins.push(device);
                } else {
                    self.open(device);
                }
            }
            Event::Reload { device, visit } => {
                if self.devices[device].visits == visit && !self.devices[device].tabs.is_empty() {
                    self.tally.reloads += 1;
                    self.send(device, 0, 0);
                }
            }
            Event::Timer { device, tab, timer } => {
                let tabs = &self.devices[device].tabs;
                if tabs.get(tab).is_some_and(|tab| tab.timer == timer) {
                    self.send(device, tab, 0);
                }
            }
            Event::Arrive(request) => self.arrivals.push(request),
            Event::Answer { request, answer } => self.answered(&request, answer),
            Event::GiveUp {
                device,
                tab,
                number,
                attempt,
            } => {
                let tabs = &self.devices[device].tabs;
                if tabs
                    .get(tab)
                    .is_some_and(|tab| tab.waits_for == Some(number))
                {
                    self.send(device, tab, attempt + 1);
                }
            }
            Event::SignInAgain { device, visit } => {
                if self.devices[device].visits == visit {
                    self.sign_ins.push(device);
                }
            }
            Event::Leave { device, visit } => {
                if self.devices[device].visits == visit {
                    self.leave(device);
                }
            }
            Event::Steal(thief) => {
                let token = self.thieves[thief].token.unwrap();
                self.arrivals.push(Request {
                    party: Party::Thief(thief),
                    token,
                    log_out: false,
                    back: Some(0),
                });
            }
        }
    }
}
