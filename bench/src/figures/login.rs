//! Logins, and how many hashes the cores can make.

use std::{
    thread::{self, available_parallelism},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use serde_json::json;

use super::rounds_plot;
use crate::{
    caller::{Answer, Caller, post},
    figure::Figure,
    load::Load,
    rounds::Rounds,
    world::{PASSWORD, Session, World},
};

/// The default cost.
pub(crate) const COST: u32 = 12;
const CONNECTIONS: u32 = 8;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let people = world.people(CONNECTIONS)?;
    let mut server = world.another_auth_server(&[("AUTH_BCRYPT_COST", &COST.to_string())])?;
    server.start()?;
    let mut logins = Load::new(server.port(), people.into_iter().map(LogIn::new))?;
    let cores: u32 = available_parallelism()?.get().try_into()?;
    // A hash takes a quarter of a second: a round has to be long to hold many.
    let effort = world.effort.in_long_rounds(10);
    let rounds = Rounds::alternate(
        &effort,
        |lasts| Ok(logins.run(lasts)?.rate()),
        |lasts| Ok(hashes_per_second(lasts / 2)? * f64::from(cores)),
    )?;
    let (rate, possible) = rounds.each(|rate| *rate);
    let together = hashes_per_second_on(cores, effort.round)?;
    let figure = Figure::new("login", "login", rounds.ratio(|rate| *rate))
        .against("cores ÷ one bcrypt at the same cost")
        .at_least(0.93)
        .note(format!(
            "{:.2} logins/s; {cores} cores could hash {:.2} passwords/s at cost {COST}, by what one thread hashes \
             alone. {cores} threads that do nothing else hash {together:.2}.",
            rate.median, possible.median
        ))
        .plot(rounds_plot(
            &rounds,
            |rate| *rate,
            "logins/s",
            ["logins", "hashes that the cores can make"],
        ));
    Ok(vec![figure])
}

/// What so many threads can hash together, while nothing else is measured.
fn hashes_per_second_on(cores: u32, lasts: Duration) -> Result<f64> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| scope.spawn(|| hashes_per_second(lasts)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread broke off"))?)
            .sum()
    })
}

/// What one thread can hash, while nothing else is measured.
fn hashes_per_second(lasts: Duration) -> Result<f64> {
    let started = Instant::now();
    let mut hashes = 0;
    while started.elapsed() < lasts {
        std::hint::black_box(bcrypt::hash(PASSWORD, COST)?);
        hashes += 1;
    }
    Ok(f64::from(hashes) / started.elapsed().as_secs_f64())
}

/// Logs one person in again and again.
pub(crate) struct LogIn {
    username: String,
}

impl LogIn {
    /// This person, who has the password that everyone has.
    pub(crate) fn new(person: Session) -> Self {
        Self {
            username: person.username,
        }
    }
}

impl Caller for LogIn {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let body = json!({
            "username": self.username,
            "password": PASSWORD,
            "delivery": "body",
        });
        post(request, "/auth/login", None, body.to_string().as_bytes());
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)
    }
}
