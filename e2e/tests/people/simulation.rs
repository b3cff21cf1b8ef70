//! The run of the days: what is due at one moment happens at once, against two replicas; when all of it is
//! answered, the clock is set to the next moment at which something is due.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use crate::clock::Moment;
use crate::device::{ATTEMPTS, Device, Ending, Opening, PATIENCE, Tab};
use crate::ledger::{DAY, LENIENCY, Ledger, Meaning, Token};
use crate::random::Random;
use crate::servers::{Ask, Origin, Said, Servers, Storage};
use crate::tally::Tally;
use crate::thief::Thief;

/// Requests under way at once: no more than the servers have database connections.
const PARALLEL: usize = 32;
/// Passwords under way at once: the servers refuse more than they can queue.
const PARALLEL_PASSWORDS: usize = 16;

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

/// Which answers a client stores.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum JarRule {
    /// One that comes while its jar still holds the token that was sent. Thus nothing older ever replaces
    /// anything newer. A browser's page cannot compare a cookie that no script sees; it has the same effect
    /// by asking for one refresh at a time, in whichever tab, under a lock.
    WhereTheSentTokenStillIs,
    /// Every one, as it comes: a browser left to itself.
    AsTheyCome,
    /// Every one that holds another token than was sent: a browser left to itself, and a server that sets
    /// no cookie where the token stays.
    AsTheyComeIfChanged,
}

impl JarRule {
    /// Whether the answer `received` to `sent` replaces what the jar holds by now.
    pub(crate) fn stores(self, jar: Token, sent: Token, received: Token) -> bool {
        match self {
            Self::WhereTheSentTokenStillIs => jar == sent,
            Self::AsTheyCome => true,
            Self::AsTheyComeIfChanged => received != sent,
        }
    }
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

    /// Lets the days pass.
    pub(crate) async fn run(&mut self) {
        while let Some((moment, events)) = self.agenda.pop_first() {
            if moment >= self.setup.days * DAY {
                return;
            }
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

    /// The tabs of a signed-in device come up.
    fn open(&mut self, device: usize) {
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

    fn set_timer(&mut self, device: usize, tab: usize, moment: Moment) {
        let timer = self.number();
        self.devices[device].tabs[tab].timer = timer;
        self.at(moment, Event::Timer { device, tab, timer });
    }

    /// A tab asks for a refresh with what the jar holds now. What it waited for before, it hears no more of.
    fn send(&mut self, device: usize, tab: usize, attempt: u8) {
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
    fn answered(&mut self, request: &Request, answer: Option<Token>) {
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
    fn steal(&mut self, device: usize, at_night: bool) -> Option<usize> {
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
    fn leave(&mut self, device: usize) {
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

    async fn sign_in(&mut self) {
        let devices = std::mem::take(&mut self.sign_ins);
        let asks = devices.iter().map(|number| {
            let device = &self.devices[*number];
            let name = format!("person-{}", device.owner);
            let registered = self.tally.registered.contains(&device.owner);
            let in_jar = device.jar.filter(|_| device.storage == Storage::CookieJar);
            let presented = in_jar.map(|token| self.ledger.text(token).to_owned());
            let ask = if registered {
                Ask::LogIn { name, presented }
            } else {
                Ask::Register { name }
            };
            (ask, device.storage, device.origin.clone())
        });
        let said = ask_all(
            self.servers,
            asks.map(|ask| vec![ask]).collect(),
            PARALLEL_PASSWORDS,
        )
        .await;
        for (number, said) in devices.into_iter().zip(said.into_iter().flatten()) {
            let device = &mut self.devices[number];
            if device.storage == Storage::CookieJar
                && let Some(token) = device.jar
            {
                self.ledger.replace(token, &device.origin, self.now);
            }
            self.tally.registered.insert(device.owner);
            device.jar = Some(self.ledger.open(&said, &device.origin, self.now));
            device.signed_out = false;
            device.asleep_with = None;
            if device.tabs.is_empty() {
                self.open(number);
            } else {
                for tab in 0..device.tabs.len() {
                    let moment = self.devices[number].timer(self.now);
                    self.set_timer(number, tab, moment);
                }
            }
        }
    }

    /// Serves what arrives at this moment.
    async fn serve(&mut self) {
        let mut by_session: BTreeMap<usize, Vec<Request>> = BTreeMap::new();
        for request in std::mem::take(&mut self.arrivals) {
            by_session
                .entry(request.token.session)
                .or_default()
                .push(request);
        }
        let (mut lanes, mut in_order) = (Vec::new(), BTreeSet::new());
        for (session, requests) in by_session {
            if let Some(moment) = self.later(session, &requests) {
                for request in requests {
                    self.at(moment, Event::Arrive(request));
                }
            } else if self.depends_on_order(&requests) {
                in_order.insert(session);
                lanes.push(requests);
            } else {
                lanes.extend(requests.into_iter().map(|request| vec![request]));
            }
        }
        let asks = lanes
            .iter()
            .map(|lane| lane.iter().map(|request| self.ask(request)).collect());
        let said = ask_all(self.servers, asks.collect(), PARALLEL).await;
        let mut answered: Vec<(Request, Said)> = Vec::new();
        for (lane, said) in lanes.into_iter().zip(said) {
            answered.extend(lane.into_iter().zip(said));
        }
        let session_of = |(request, _): &(Request, Said)| request.token.session;
        for group in answered.chunk_by_mut(|one, other| session_of(one) == session_of(other)) {
            if !in_order.contains(&session_of(&group[0])) {
                group.sort_by_key(|(_, said)| precedence(said));
            }
            for (request, said) in group {
                self.served(request, said);
            }
        }
    }

    /// When to serve these instead, if the servers' leniency would decide what they mean now.
    fn later(&self, session: usize, requests: &[Request]) -> Option<Moment> {
        let session = &self.ledger.sessions[session];
        let from = session.rotatable_from();
        let current = requests
            .iter()
            .any(|request| request.token.generation == session.generation());
        let undecided = (from..from + LENIENCY).contains(&self.now);
        (from > 0 && current && undecided).then_some(from + LENIENCY)
    }

    /// Whether one of these ends the session while another would be served before it, and not after.
    fn depends_on_order(&self, requests: &[Request]) -> bool {
        let mut meanings: Vec<bool> = requests
            .iter()
            .map(|request| self.ledger.meaning(request.token, self.now) == Meaning::Reuse)
            .collect();
        meanings.dedup();
        let by_thief = |request: &Request| matches!(request.party, Party::Thief(_));
        meanings.len() > 1 || requests.iter().any(by_thief)
    }

    fn ask(&self, request: &Request) -> (Ask, Storage, Origin) {
        let token = self.ledger.text(request.token).to_owned();
        let ask = if request.log_out {
            Ask::LogOut { token }
        } else {
            Ask::Refresh { token }
        };
        let (storage, origin) = match request.party {
            Party::Tab { device, .. } | Party::Device(device) => {
                let device = &self.devices[device];
                (device.storage, device.origin.clone())
            }
            Party::Thief(thief) => (Storage::Own, self.thieves[thief].origin.clone()),
        };
        (ask, storage, origin)
    }

    /// Enters what was said into the ledger, and lets the answer travel.
    fn served(&mut self, request: &Request, said: &Said) {
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
            Party::Thief(thief) => self.thief_was_served(thief, answer),
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

    fn thief_was_served(&mut self, number: usize, answer: Option<Token>) {
        let thief = &mut self.thieves[number];
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
            Meaning::Rotate | Meaning::Repeat => true,
            Meaning::Revoked => session.end.is_some(),
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
            Meaning::Reuse => self.thief_of(token.session).is_some(),
        };
        if !explained {
            self.tally.false_logouts.push(format!(
                "{} at {}: {token:?} of {session:?} meant {meaning:?}; the jar held {:?}",
                found.origin.user_agent, self.now, found.jar,
            ));
        }
    }
}

/// Asks lane by lane: within a lane one after the other, and so many lanes at once.
async fn ask_all(
    servers: &Servers,
    lanes: Vec<Vec<(Ask, Storage, Origin)>>,
    parallel: usize,
) -> Vec<Vec<Said>> {
    let lanes = lanes.into_iter().map(|lane| async move {
        let mut said = Vec::new();
        for (ask, storage, origin) in lane {
            said.push(servers.ask(&ask, storage, &origin).await);
        }
        said
    });
    stream::iter(lanes).buffered(parallel).collect().await
}

/// In which order those came that were answered at once, seen from outside: a logout after the refreshes that
/// were served, whoever ended the session before those that were told so.
fn precedence(said: &Said) -> u8 {
    match said {
        Said::Token { .. } => 0,
        Said::Done => 1,
        Said::Refused(code) if code == "refresh_token_reused" => 2,
        Said::Refused(_) => 3,
    }
}
