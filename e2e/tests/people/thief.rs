//! Someone who has copied a refresh token out of a device.

use crate::clock::Moment;
use crate::ledger::{DAY, LENIENCY, MINUTE, Token, WINDOW};
use crate::random::Random;
use crate::servers::Origin;

/// What thieves try.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trick {
    /// Waits for the end of the window after the victim's next rotation, and some time longer.
    Wait,
    /// Refreshes while the victim sleeps.
    Overtake,
    /// Refreshes just before the victim wakes, who comes within the window; and again after the window.
    OvertakeByAHair,
    /// Follows the victim's rotations inside the window, one generation behind, and is late once.
    StayBehind,
    /// Comes with a token that was succeeded twice, inside the window of the second.
    ReplayInside,
    /// The same long after it.
    ReplayLater,
}

pub(crate) const TRICKS: [Trick; 6] = [
    Trick::Wait,
    Trick::Overtake,
    Trick::OvertakeByAHair,
    Trick::StayBehind,
    Trick::ReplayInside,
    Trick::ReplayLater,
];

/// The first moment after a window at which the servers' leniency decides nothing.
const OUTSIDE: Moment = WINDOW + LENIENCY;
/// How often one that stays behind follows before it is late.
const FOLLOWS: u32 = 2;

/// A thief.
#[derive(Debug)]
pub(crate) struct Thief {
    pub(crate) trick: Trick,
    /// The device it steals from.
    pub(crate) victim: usize,
    pub(crate) origin: Origin,
    /// What it holds, once it has stolen something.
    pub(crate) token: Option<Token>,
    /// How often it was served.
    pub(crate) served: u32,
    /// Whether a rotation was its own.
    pub(crate) got_ahead: bool,
    /// The victim's rotations since the theft.
    rotations: u32,
    /// When the session was ended for it.
    pub(crate) caught: Option<Moment>,
    random: Random,
}

impl Thief {
    pub(crate) fn new(number: usize, victim: usize, random: Random) -> Self {
        Self {
            trick: TRICKS[number % TRICKS.len()],
            victim,
            origin: Origin {
                ip: format!("203.0.113.{}", number % 250 + 1),
                user_agent: format!("Thief/{number}"),
            },
            token: None,
            served: 0,
            got_ahead: false,
            rotations: 0,
            caught: None,
            random,
        }
    }

    /// How long after a rotation of the victim's it presents what it holds, if it does.
    pub(crate) fn after_a_rotation(&mut self) -> Option<Moment> {
        self.rotations += 1;
        match (self.trick, self.rotations) {
            (Trick::Wait, 1) => Some(self.random.one_of(&[
                (1, OUTSIDE),
                (1, MINUTE),
                (1, 10 * MINUTE),
                (1, 60 * MINUTE),
                (1, DAY),
            ])),
            (Trick::StayBehind, ..=FOLLOWS) | (Trick::ReplayInside, 2) => {
                Some(self.random.within(1..=20))
            }
            (Trick::OvertakeByAHair, 1) => Some(OUTSIDE),
            (Trick::StayBehind, _) if self.rotations == FOLLOWS + 1 => Some(OUTSIDE),
            (Trick::ReplayLater, 2) => Some(60 * MINUTE),
            _ => None,
        }
    }

    /// Whether it steals from someone who goes to sleep, not from someone who is just served.
    pub(crate) fn comes_at_night(&self) -> bool {
        matches!(self.trick, Trick::Overtake | Trick::OvertakeByAHair)
    }

    /// When it presents what it holds, if the victim sleeps from `now` until `waking`.
    pub(crate) fn while_the_victim_sleeps(&self, now: Moment, waking: Moment) -> Option<Moment> {
        match self.trick {
            Trick::Overtake => Some(now + 5 * MINUTE),
            Trick::OvertakeByAHair => Some(waking - 10),
            _ => None,
        }
    }

    /// How long after it was served it refreshes again, if it does.
    pub(crate) fn after_success(&self) -> Option<Moment> {
        (self.trick == Trick::Overtake && self.served < 4).then_some(14 * MINUTE)
    }
}
