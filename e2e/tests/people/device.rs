//! A person's device: a browser whose tabs share a cookie jar, or an application that keeps its token
//! itself; how it is used, and what its network does to it.

use crate::clock::Moment;
use crate::ledger::{DAY, MINUTE, Token};
use crate::random::Random;
use crate::servers::{Origin, Storage};

/// How long a client waits for an answer before it asks again, with what it holds by then.
pub(crate) const PATIENCE: Moment = 8;
/// How often it asks in all. All of it fits into the window.
pub(crate) const ATTEMPTS: u8 = 3;
/// Visits begin at these hours, so that people meet.
const BEAT: Moment = 180 * MINUTE;

/// A device, and what it knows.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) owner: usize,
    pub(crate) storage: Storage,
    pub(crate) origin: Origin,
    /// The token that all its tabs read before they ask.
    pub(crate) jar: Option<Token>,
    /// Whether it has to log in before anything else.
    pub(crate) signed_out: bool,
    pub(crate) tabs: Vec<Tab>,
    /// How often it was used.
    pub(crate) visits: u32,
    /// The token that it went to sleep with after the answer that replaced it was lost.
    pub(crate) asleep_with: Option<Token>,
    /// Whether it is left alone for longer than sessions live unused, on purpose.
    pub(crate) left_alone: bool,
    pub(crate) random: Random,
}

/// A tab, or what an application does in one go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tab {
    /// The request whose answer it waits for.
    pub(crate) waits_for: Option<u64>,
    /// The timer that is set; others are void.
    pub(crate) timer: u64,
}

/// How a visit begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Opening {
    /// All tabs at once: a restored window, a laptop that wakes.
    AtOnce,
    /// One after the other, so many seconds apart.
    OneByOne(Moment),
    /// All at once, and then someone reloads the first, again and again.
    Reloads(Moment),
}

/// How a visit ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ending {
    /// The lid is closed.
    Sleep,
    /// The lid is closed over a request whose answer is lost.
    SleepOverALostAnswer,
    /// Someone logs out.
    LogOut,
    /// Someone logs out while the tabs refresh.
    LogOutMeanwhile,
}

/// What the network does to a request and its answer: one entry for each time that it arrives.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    /// Seconds until the request arrives.
    pub(crate) there: Moment,
    /// Seconds until the answer does; `None` where it is lost.
    pub(crate) back: Option<Moment>,
}

impl Device {
    pub(crate) fn new(owner: usize, number: usize, storage: Storage, random: Random) -> Self {
        let (high, low) = (number / 250, number % 250 + 1);
        let kind = match storage {
            Storage::CookieJar => "Browser",
            Storage::Own => "App",
        };
        Self {
            owner,
            storage,
            origin: Origin {
                ip: format!("10.20.{high}.{low}"),
                user_agent: format!("{kind}/{number}"),
            },
            jar: None,
            signed_out: true,
            tabs: Vec::new(),
            visits: 0,
            asleep_with: None,
            left_alone: false,
            random,
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.tabs.iter().any(|tab| tab.waits_for.is_some())
    }

    pub(crate) fn first_visit(&mut self) -> Moment {
        BEAT * self.random.within(1..=7)
    }

    /// How many tabs, how they come up, and how long the visit takes.
    pub(crate) fn visit(&mut self) -> (usize, Opening, Moment) {
        let random = &mut self.random;
        let tabs = match self.storage {
            Storage::CookieJar => random.one_of(&[(20, 1), (20, 2), (20, 3), (20, 5), (20, 10)]),
            Storage::Own => 1,
        };
        let apart = random.one_of(&[(1, 1), (1, 5), (1, 20)]);
        let reloads = random.within(2..=5);
        let opening = random.one_of(&[
            (50, Opening::AtOnce),
            (40, Opening::OneByOne(apart)),
            (10, Opening::Reloads(reloads)),
        ]);
        let minutes = random.one_of(&[(45, 6), (35, 20), (15, 40), (5, 75)]);
        (tabs, opening, minutes * MINUTE)
    }

    /// How the visit ends; where the device is `watched`, in no way that ends the session.
    pub(crate) fn ending(&mut self, watched: bool) -> Ending {
        if watched {
            return Ending::Sleep;
        }
        self.random.one_of(&[
            (93, Ending::Sleep),
            (2, Ending::SleepOverALostAnswer),
            (3, Ending::LogOut),
            (2, Ending::LogOutMeanwhile),
        ])
    }

    /// The next visit, hours to days from now; soon where it is `watched`.
    pub(crate) fn next_visit(&mut self, now: Moment, watched: bool) -> Moment {
        let random = &mut self.random;
        self.left_alone = !watched && random.percent(5);
        let days = if self.left_alone {
            random.within(7..=8)
        } else if watched {
            random.within(0..=1)
        } else {
            random.one_of(&[(20, 0), (45, 1), (20, 2), (10, 4), (5, 6)])
        };
        (now / BEAT + random.within(1..=4)) * BEAT + days * DAY
    }

    /// When a tab refreshes next: shortly before its access token's 15 minutes are over.
    pub(crate) fn timer(&mut self, now: Moment) -> Moment {
        const TICK: Moment = 5;
        (now + 14 * MINUTE) / TICK * TICK + TICK * self.random.within(0..=9)
    }

    /// What happens to a request on its way. Of the attempts, the last one succeeds.
    pub(crate) fn journeys(&mut self, attempt: u8) -> Vec<Journey> {
        let random = &mut self.random;
        let seconds = random.within(3..=6);
        let back = Some(random.one_of(&[(80, 0), (6, 1), (6, 2), (8, seconds)]));
        let there = random.one_of(&[(92, 0), (8, 1)]);
        let once = Journey { there, back };
        let lost = Journey { there, back: None };
        let often_lost = if attempt == 0 { 3 } else { 20 };
        match random.within(1..=100) {
            chance if chance <= often_lost && attempt + 1 < ATTEMPTS => vec![lost],
            // Sent twice, on two ways.
            99 => vec![once.clone(), once],
            // Sent again by something in between that had no answer.
            100 => {
                let there = there + random.within(1..=2);
                let back = Some(0);
                vec![lost, Journey { there, back }]
            }
            _ => vec![once],
        }
    }
}
