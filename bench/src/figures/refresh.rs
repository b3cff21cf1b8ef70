//! Refreshes that rotate, chained, and the least that one could be.

use anyhow::{Result, bail};

use super::rates_plot;
use crate::{
    caller::{Answer, Caller, post},
    figure::Figure,
    load::Load,
    rounds::Rounds,
    served::{Served, told},
    world::{Session, World},
};

const CONNECTIONS: u32 = 16;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let sessions = world.people(CONNECTIONS)?;
    let mut chains = Load::new(world.auth_port(), sessions.into_iter().map(Chain::new))?;
    let mut bare = Load::new(world.baseline.port(), (0..CONNECTIONS).map(Counter::new))?;
    let rounds = Rounds::alternate(
        &world.effort,
        |lasts| Served::by(&world.stack.auth_servers[0], || chains.run(lasts)),
        |lasts| Served::by(&world.baseline, || bare.run(lasts)),
    )?;
    let figure = Figure::new(
        "refresh",
        "refresh, 16 connections, chained, every one a rotation",
        rounds.ratio(Served::rate),
    )
    .against("a bare handler: one signature, one prepared single-row `UPDATE`")
    .at_least(0.85)
    .note(told(&rounds, "refreshes/s", "the bare handler"))
    .plot(rates_plot(&rounds, ["refresh", "bare handler"]));
    Ok(vec![figure])
}

/// Refreshes one session again and again. That the token changes each time shows that each was a rotation.
pub(crate) struct Chain {
    session: Session,
    access_tokens: Option<Vec<String>>,
}

impl Chain {
    /// Keeps the last tokens only.
    pub(crate) fn new(session: Session) -> Self {
        Self {
            session,
            access_tokens: None,
        }
    }

    /// Keeps all access tokens.
    pub(crate) fn collecting(session: Session) -> Self {
        Self {
            session,
            access_tokens: Some(Vec::new()),
        }
    }

    /// The last one.
    pub(crate) fn access_token(&self) -> &str {
        &self.session.access_token
    }

    /// All access tokens, if they were kept.
    pub(crate) fn into_access_tokens(self) -> Vec<String> {
        self.access_tokens.unwrap_or_default()
    }
}

impl Caller for Chain {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let body = format!(r#"{{"refresh_token":"{}"}}"#, self.session.refresh_token);
        post(request, "/auth/refresh", None, body.as_bytes());
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)?;
        let successor = answer.text("refresh_token")?;
        if successor == self.session.refresh_token {
            bail!("the refresh token was not rotated");
        }
        successor.clone_into(&mut self.session.refresh_token);
        let access_token = answer.text("access_token")?;
        access_token.clone_into(&mut self.session.access_token);
        if let Some(kept) = &mut self.access_tokens {
            kept.push(access_token.to_owned());
        }
        Ok(())
    }
}

/// Counts one row up again and again.
struct Counter {
    id: u32,
    number: Option<u64>,
}

impl Counter {
    fn new(id: u32) -> Self {
        Self { id, number: None }
    }
}

impl Caller for Counter {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let body = format!(r#"{{"id":{}}}"#, self.id);
        post(request, "/refresh", None, body.as_bytes());
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)?;
        let number = answer.number("number")?;
        if self.number.is_some_and(|before| before + 1 != number) {
            bail!("the row was not counted up by one");
        }
        self.number = Some(number);
        Ok(())
    }
}
