//! A protected GET whose token was verified before, and the same route without any check.

use anyhow::Result;

use super::rates_plot;
use crate::{
    caller::{Answer, Caller, get},
    figure::{Bar, Figure},
    figures::refresh::Chain,
    load::{Load, Sample},
    rounds::Rounds,
    world::World,
};

/// Distinct tokens.
const TOKENS: u64 = 1_000;
const CONNECTIONS: usize = 32;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let tokens = distinct_tokens(world)?;
    let port = world.baseline.port();
    let mut protected = Load::new(port, readers("/protected", &tokens))?;
    let mut open = Load::new(port, readers("/open", &tokens))?;
    let rounds = Rounds::alternate(
        &world.effort,
        |lasts| protected.run(lasts),
        |lasts| open.run(lasts),
    )?;
    let (with, without) = rounds.each(Sample::rate);
    Ok(vec![Figure {
        id: "warm-token".to_owned(),
        what: "protected `GET` with warm tokens (1,000 distinct)".to_owned(),
        against: "the same route without any check".to_owned(),
        value: rounds.ratio(Sample::rate),
        unit: String::new(),
        bar: Bar::AtLeast(0.95),
        notes: vec![format!(
            "{:.0} requests/s with the check, {:.0} without.",
            with.median, without.median
        )],
        plots: vec![rates_plot(&rounds, ["with the check", "without"])],
    }])
}

/// Access tokens of one session, one from each of its refreshes.
fn distinct_tokens(world: &mut World) -> Result<Vec<String>> {
    let chains = world.people(1)?.into_iter().map(Chain::collecting);
    let mut load = Load::new(world.auth_port(), chains)?;
    load.run_times(TOKENS)?;
    let chains = load.into_callers().into_iter();
    Ok(chains.flat_map(Chain::into_access_tokens).collect())
}

fn readers(path: &'static str, tokens: &[String]) -> Vec<Reader> {
    let reader = |number: usize| Reader {
        path,
        tokens: tokens.to_vec(),
        next: number * tokens.len() / CONNECTIONS,
    };
    (0..CONNECTIONS).map(reader).collect()
}

/// Reads with one token after the other.
struct Reader {
    path: &'static str,
    tokens: Vec<String>,
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
