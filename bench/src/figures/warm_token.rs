//! A protected GET whose token was verified before, and the same route without any check.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use local_run::wait;

use super::rates_plot;
use crate::{
    caller::{Answer, Caller, get, post},
    figure::Figure,
    figures::refresh::Chain,
    load::Load,
    rounds::Rounds,
    served::{Served, told},
    world::{Session, World},
};

/// Distinct tokens.
const TOKENS: u64 = 1_000;
/// That the tokens are of, and as many that have ended.
const SESSIONS: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECTIONS: usize = 32;
/// Of the baseline; whether a token is checked there depends on the port.
const PATH: &str = "/thing";

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let tokens: Arc<[String]> = distinct_tokens(world)?.into();
    let port = world.baseline.port();
    wait_for_revocations(world)?;
    let mut protected = Load::new(port, readers(&tokens))?;
    let mut open = Load::new(world.unchecked_port, readers(&tokens))?;
    let rounds = Rounds::alternate(
        &world.effort.in_more_rounds(5),
        |lasts| Served::by(&world.baseline, || protected.run(lasts)),
        |lasts| Served::by(&world.baseline, || open.run(lasts)),
    )?;
    let figure = Figure::new(
        "warm-token",
        "protected `GET` with warm tokens (1,000 distinct)",
        rounds.ratio(Served::rate),
    )
    .against("the same route without any check")
    .at_least(0.95)
    .note(told(&rounds, "requests/s with the check", "without"))
    .plot(rates_plot(&rounds, ["with the check", "without"]));
    Ok(vec![figure])
}

/// Access tokens of some sessions, one from each of their refreshes.
fn distinct_tokens(world: &mut World) -> Result<Vec<String>> {
    let chains = world.people(SESSIONS)?.into_iter().map(Chain::collecting);
    let mut load = Load::new(world.auth_port(), chains)?;
    load.run_times(TOKENS / u64::from(SESSIONS))?;
    let chains = load.into_callers().into_iter();
    Ok(chains.flat_map(Chain::into_access_tokens).collect())
}

/// Ends other sessions, and waits until the baseline knows that tokens of theirs are revoked: so there is
/// something to look a session up in.
fn wait_for_revocations(world: &mut World) -> Result<()> {
    let ended = world.people(SESSIONS)?;
    let log_outs = ended.iter().map(|session| LogOut(session.clone()));
    Load::new(world.auth_port(), log_outs)?.run_times(1)?;
    let token = &ended[0].access_token;
    wait::until("the revocation of a session", PATIENCE, || {
        let look = Look {
            access_token: token.clone(),
            status: None,
        };
        let mut load = Load::new(world.baseline.port(), [look])?;
        load.run_times(1)?;
        let refused = |look: Look| look.status == Some(401);
        Ok(load.into_callers().into_iter().all(refused).then_some(()))
    })
}

fn readers(tokens: &Arc<[String]>) -> Vec<Reader> {
    let reader = |number: usize| Reader {
        tokens: Arc::clone(tokens),
        next: number * tokens.len() / CONNECTIONS,
    };
    (0..CONNECTIONS).map(reader).collect()
}

/// Reads with one token after the other.
struct Reader {
    /// Shared, so that the load leaves the processors' caches to what is measured.
    tokens: Arc<[String]>,
    next: usize,
}

impl Caller for Reader {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let token = &self.tokens[self.next % self.tokens.len()];
        self.next += 1;
        get(request, PATH, Some(token));
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)
    }
}

/// Logs one session out.
struct LogOut(Session);

impl Caller for LogOut {
    fn ask(&mut self, request: &mut Vec<u8>) {
        post(request, "/auth/logout", Some(&self.0.access_token), b"");
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(204)
    }
}

/// Finds out what a token is answered with.
struct Look {
    access_token: String,
    status: Option<u16>,
}

impl Caller for Look {
    fn ask(&mut self, request: &mut Vec<u8>) {
        get(request, PATH, Some(&self.access_token));
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        self.status = Some(answer.status);
        Ok(())
    }
}
