//! How much of everything.

use std::time::Duration;

/// The figures of one form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) full: bool,
    /// People at work.
    pub(crate) people: usize,
    /// How often something is killed.
    pub(crate) kills: usize,
    /// How many replies of each kind are lost.
    pub(crate) losses: usize,
    /// How often a state that lasts is brought about.
    pub(crate) states: usize,
    /// How long such a state lasts.
    pub(crate) while_it_lasts: Duration,
    /// How many clients are slow on purpose, at once.
    pub(crate) slow_clients: usize,
    /// How many passwords are guessed.
    pub(crate) guesses: usize,
}

impl Size {
    /// What the environment asks for: all of it, or the short form that is part of `make test`.
    pub(crate) fn wanted() -> Self {
        if e2e::in_full() { FULL } else { SHORT }
    }
}

const SHORT: Size = Size {
    full: false,
    people: 16,
    kills: 2,
    losses: 2,
    states: 1,
    while_it_lasts: Duration::from_secs(2),
    slow_clients: 100,
    guesses: 6_000,
};

const FULL: Size = Size {
    full: true,
    people: 32,
    kills: 12,
    losses: 25,
    states: 3,
    while_it_lasts: Duration::from_secs(4),
    slow_clients: 500,
    guesses: 100_000,
};
