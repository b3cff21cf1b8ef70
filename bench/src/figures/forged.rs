//! Refresh tokens that nobody issued: how cheaply they are refused, and without SQL.

use anyhow::{Context, Result};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};

use super::rates_plot;
use crate::{
    caller::{Answer, Caller, get, post},
    figure::{Bar, Figure, Spread},
    load::{Load, Sample},
    rounds::Rounds,
    world::World,
};

const CONNECTIONS: usize = 32;

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
        |lasts| forged.run(lasts),
        |lasts| nowhere.run(lasts),
    )?;
    let (refused, not_found) = rounds.each(Sample::rate);
    let (statements, tokens) = statements(world, &mut forged)?;
    Ok(vec![
        Figure {
            id: "forged".to_owned(),
            what: "refresh of forged tokens".to_owned(),
            against: "the 404 route".to_owned(),
            value: rounds.ratio(Sample::rate),
            unit: String::new(),
            bar: Bar::AtLeast(0.8),
            notes: vec![format!(
                "{:.0} forged tokens refused a second; {:.0} paths not found.",
                refused.median, not_found.median
            )],
            plots: vec![rates_plot(&rounds, ["forged token", "404"])],
        },
        Figure {
            id: "forged-sql".to_owned(),
            what: "SQL for forged tokens".to_owned(),
            against: String::new(),
            value: Spread::of(vec![statements]),
            unit: "statements on sessions".to_owned(),
            bar: Bar::AtMost(0.0),
            notes: vec![format!("{tokens} forged tokens were refused meanwhile.")],
            plots: Vec::new(),
        },
    ])
}

/// The token with another MAC.
fn forge(token: &str) -> Result<String> {
    let last = token.chars().last().context("no token")?;
    let other = if last == 'A' { 'B' } else { 'A' };
    let start = &token[..token.len() - 20];
    Ok(format!("{start}{}", other.to_string().repeat(20)))
}

#[derive(QueryableByName)]
struct Calls {
    #[diesel(sql_type = BigInt)]
    calls: i64,
}

/// How often a session was looked for or changed by its handle, and how many tokens were refused meanwhile.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn statements(world: &World, forged: &mut Load<Refused>) -> Result<(f64, u64)> {
    let mut database = world.auth_database()?;
    sql_query("select pg_stat_statements_reset()").execute(&mut database)?;
    let sample = forged.run(world.effort.round)?;
    let calls: Calls = sql_query(
        "select coalesce(sum(calls), 0)::bigint as calls from pg_stat_statements
         where query like '%handle%' and query not like '%pg_stat_statements%'",
    )
    .get_result(&mut database)?;
    Ok((calls.calls as f64, sample.latencies.len()))
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
