//! What arrives at one moment is asked of the servers at once.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use super::{Event, Party, Request, Simulation};
use crate::clock::Moment;
use crate::ledger::{LENIENCY, Meaning};
use crate::servers::{Ask, Origin, Said, Servers, Storage};

/// Requests under way at once: no more than the servers have database connections.
const PARALLEL: usize = 32;
/// Passwords under way at once: the servers refuse more than they can queue.
const PARALLEL_PASSWORDS: usize = 16;

impl Simulation<'_> {
    /// Registers and logs in whoever has to be.
    pub(super) async fn sign_in(&mut self) {
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

    /// Asks for all that arrives at this moment, and sees to the answers.
    pub(super) async fn serve(&mut self) {
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
                for mut request in requests {
                    // What it takes longer there, it takes less back: whoever waits does not give up.
                    let back = request.back.map(|back| back - (moment - self.now));
                    request.back = back.map(|back| back.max(0));
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

    pub(super) fn ask(&self, request: &Request) -> (Ask, Storage, Origin) {
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
