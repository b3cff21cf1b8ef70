//! Refresh tokens that nobody issued: how cheaply they are refused, and without SQL.

use anyhow::{Context, Result};

use super::rates_plot;
use crate::{
    caller::{Answer, Caller, get, post},
    figure::{Figure, Spread, precise},
    load::Load,
    query::Executed,
    rounds::Rounds,
    served::{Served, told},
    world::World,
};

const CONNECTIONS: usize = 32;
/// Characters at the end of a token that are of its MAC.
const OF_THE_MAC: usize = 20;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let real = world.people(1)?.remove(0).refresh_token;
    let mut forged = Refused {
        request: Vec::new(),
        status: 401,
    };
    let body = format!(r#"{{"refresh_token":"{}"}}"#, forge(&real)?);
    post(&mut forged.request, "/auth/refresh", None, body.as_bytes());
    // Without a body: one that nobody reads ends the connection.
    let mut nowhere = Refused {
        request: Vec::new(),
        status: 404,
    };
    get(&mut nowhere.request, "/auth/nowhere", None);
    let port = world.auth_port();
    let mut forged = Load::new(port, vec![forged; CONNECTIONS])?;
    let mut nowhere = Load::new(port, vec![nowhere; CONNECTIONS])?;
    let rounds = Rounds::alternate(
        &world.effort,
        |lasts| Served::by(&world.stack.auth_servers[0], || forged.run(lasts)),
        |lasts| Served::by(&world.stack.auth_servers[0], || nowhere.run(lasts)),
    )?;
    let mut database = world.auth_database()?;
    Executed::forget(&mut database)?;
    let tokens = forged.run(world.effort.round)?;
    let executed = Executed::read(&mut database, tokens.latencies.len())?;
    let refused = Figure::new(
        "forged",
        "refresh of forged tokens",
        rounds.ratio(Served::rate),
    )
    .against("the 404 route")
    .at_least(0.8)
    .note(told(&rounds, "forged tokens/s", "paths not found"))
    .plot(rates_plot(&rounds, ["forged token", "404"]));
    let statements = Figure::new(
        "forged-sql",
        "SQL for forged tokens",
        Spread::of(vec![precise(executed.all) / tokens.answers()]),
    )
    .in_unit("statements for each")
    // Those that look after keys and revocations, a few a second, are among them.
    .at_most(0.01)
    .note(format!(
        "{} forged tokens were refused; meanwhile there were {} statements in all.",
        tokens.answers(),
        executed.all
    ));
    Ok(vec![refused, statements])
}

/// The token with another MAC.
fn forge(token: &str) -> Result<String> {
    let last = token.chars().last().context("no token")?;
    let other = if last == 'A' { "B" } else { "A" };
    let start = &token[..token.len() - OF_THE_MAC];
    Ok(format!("{start}{}", other.repeat(OF_THE_MAC)))
}

/// Asks for the same again and again, and is refused.
#[derive(Clone)]
struct Refused {
    request: Vec<u8>,
    status: u16,
}

impl Caller for Refused {
    fn ask(&mut self, request: &mut Vec<u8>) {
        request.extend_from_slice(&self.request);
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(self.status)
    }
}
