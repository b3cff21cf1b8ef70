//! A protected GET whose token was verified before, and the same route without any check.

use std::sync::Arc;

use anyhow::{Context, Result};

use super::rounds_plot;
use crate::{
    caller::{Answer, Caller, get},
    figure::{Bar, Figure},
    figures::refresh::Chain,
    load::{Load, Sample},
    rounds::Rounds,
    usage::thread_seconds,
    world::World,
};

/// Distinct tokens.
const TOKENS: u64 = 1_000;
const CONNECTIONS: usize = 32;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let tokens: Arc<[String]> = distinct_tokens(world)?.into();
    let port = world.baseline.port();
    let mut protected = Load::new(port, readers("/protected", &tokens))?;
    let mut open = Load::new(port, readers("/open", &tokens))?;
    let server = [world
        .baseline
        .process_id()
        .context("the baseline has ended")?];
    let rounds = Rounds::alternate(
        &world.effort,
        |lasts| Round::of(&server, || protected.run(lasts)),
        |lasts| Round::of(&server, || open.run(lasts)),
    )?;
    let (with, without) = rounds.each(Round::rate);
    let (costs_with, costs_without) = rounds.each(Round::microseconds_each);
    Ok(vec![Figure {
        id: "warm-token".to_owned(),
        what: "protected `GET` with warm tokens (1,000 distinct)".to_owned(),
        against: "the same route without any check".to_owned(),
        value: rounds.ratio(Round::rate),
        unit: String::new(),
        bar: Bar::AtLeast(0.95),
        notes: vec![format!(
            "{:.0} requests/s with the check, {:.0} without; {:.2} µs and {:.2} µs of a processor each in the server.",
            with.median, without.median, costs_with.median, costs_without.median
        )],
        plots: vec![rounds_plot(
            &rounds,
            Round::rate,
            "answers/s",
            ["with the check", "without"],
        )],
    }])
}

/// What came of a round, and what it cost the server.
struct Round {
    sample: Sample,
    server_seconds: f64,
}

impl Round {
    fn of(server: &[u32], run: impl FnOnce() -> Result<Sample>) -> Result<Self> {
        let before = thread_seconds(server, |_| true)?;
        let sample = run()?;
        Ok(Self {
            sample,
            server_seconds: thread_seconds(server, |_| true)? - before,
        })
    }

    fn rate(&self) -> f64 {
        self.sample.rate()
    }

    /// Of a processor, for one answer.
    fn microseconds_each(&self) -> f64 {
        self.server_seconds * 1e6 / (self.sample.rate() * self.sample.lasted.as_secs_f64())
    }
}

/// Access tokens of one session, one from each of its refreshes.
fn distinct_tokens(world: &mut World) -> Result<Vec<String>> {
    let chains = world.people(1)?.into_iter().map(Chain::collecting);
    let mut load = Load::new(world.auth_port(), chains)?;
    load.run_times(TOKENS)?;
    let chains = load.into_callers().into_iter();
    Ok(chains.flat_map(Chain::into_access_tokens).collect())
}

fn readers(path: &'static str, tokens: &Arc<[String]>) -> Vec<Reader> {
    let reader = |number: usize| Reader {
        path,
        tokens: Arc::clone(tokens),
        next: number * tokens.len() / CONNECTIONS,
    };
    (0..CONNECTIONS).map(reader).collect()
}

/// Reads with one token after the other.
struct Reader {
    path: &'static str,
    /// Shared, so that the load leaves the processors' caches to what is measured.
    tokens: Arc<[String]>,
    next: usize,
}

impl Caller for Reader {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let token = &self.tokens[self.next % self.tokens.len()];
        self.next += 1;
        get(request, self.path, Some(token));
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)
    }
}
