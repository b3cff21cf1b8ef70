//! People who use both services with one sign-in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::{
    caller::{Answer, Caller, get, post},
    figures::refresh::Chain,
    world::Session,
};

/// Of calls to the notes API one writes, the others read.
const CALLS_PER_NOTE: u64 = 5;

/// The access token that each person has at the moment.
#[derive(Clone)]
pub(super) struct LatestTokens(Arc<Mutex<Vec<String>>>);

impl LatestTokens {
    /// Those that they were registered with.
    pub(super) fn of(people: &[Session]) -> Self {
        let tokens = people.iter().map(|person| person.access_token.clone());
        Self(Arc::new(Mutex::new(tokens.collect())))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refreshes, and has the token verified that came of it, in turn.
pub(super) struct Member {
    number: usize,
    tokens: LatestTokens,
    chain: Chain,
    refreshes: bool,
}

impl Member {
    /// Calls in which there is one new token.
    pub(super) const CALLS_PER_TOKEN: usize = 2;

    /// One for each person.
    pub(super) fn all(people: Vec<Session>, tokens: &LatestTokens) -> impl Iterator<Item = Self> {
        people.into_iter().enumerate().map(|(number, person)| Self {
            number,
            tokens: tokens.clone(),
            chain: Chain::new(person),
            refreshes: false,
        })
    }
}

impl Caller for Member {
    fn ask(&mut self, request: &mut Vec<u8>) {
        self.refreshes = !self.refreshes;
        if self.refreshes {
            self.chain.ask(request);
        } else {
            get(request, "/auth/verify", Some(self.chain.access_token()));
        }
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        if !self.refreshes {
            return answer.expect(200);
        }
        self.chain.check(answer)?;
        let token = self.chain.access_token();
        token.clone_into(&mut self.tokens.lock()[self.number]);
        Ok(())
    }
}

/// Reads and writes notes with the token that the person has by then.
pub(super) struct Writer {
    number: usize,
    tokens: LatestTokens,
    calls: u64,
}

impl Writer {
    /// One for each person.
    pub(super) fn all(tokens: &LatestTokens) -> Vec<Self> {
        let writer = |number| Self {
            number,
            tokens: tokens.clone(),
            calls: 0,
        };
        (0..tokens.lock().len()).map(writer).collect()
    }

    fn writes(&self) -> bool {
        self.calls.is_multiple_of(CALLS_PER_NOTE)
    }
}

impl Caller for Writer {
    fn ask(&mut self, request: &mut Vec<u8>) {
        self.calls += 1;
        let tokens = self.tokens.lock();
        let token = Some(tokens[self.number].as_str());
        if self.writes() {
            let note = format!(r#"{{"title":"Call {}","body":"Milk, eggs."}}"#, self.calls);
            post(request, "/notes", token, note.as_bytes());
        } else {
            get(request, "/notes", token);
        }
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(if self.writes() { 201 } else { 200 })
    }
}
