//! A flood of logins, and what those feel who are signed in.

use std::{thread, time::Duration};

use anyhow::{Result, bail, ensure};
use serde_json::json;

use super::latencies_plot;
use crate::{
    caller::{Answer, Caller, get, post},
    figure::{Figure, Spread},
    figures::{login::COST, refresh::Chain},
    load::{Load, Sample, join},
    rounds::Rounds,
    world::{Session, World},
};

/// Who log in, each with its own connection.
const CLIENTS: u32 = 64;
/// Between two tries of one of them: 200 a second in all, twenty times what two cores can hash. Sent as fast
/// as they are answered, they would measure how the load itself takes the machine from everyone.
const BETWEEN_TRIES: Duration = Duration::from_millis(320);
/// Between two calls of each kind by those who are signed in.
const BETWEEN_CALLS: Duration = Duration::from_millis(10);
/// How long a flood lasts before anyone looks: by then the queue of hashes is full.
const ONSET: Duration = Duration::from_secs(1);

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let mut server = world.another_auth_server(&[("AUTH_BCRYPT_COST", &COST.to_string())])?;
    server.start()?;
    let port = server.port();
    let mut calm = Worker::connect(world, port)?;
    let mut flooded = Worker::connect(world, port)?;
    let mut flood = Load::new(port, (0..CLIENTS).map(Guesser::new))?;
    // Each is followed by the answers to those who still wait to be hashed, so they are few and long.
    let effort = world.effort.in_long_rounds(20);
    let rounds = Rounds::alternate(
        &effort,
        |lasts| {
            thread::scope(|scope| {
                let flooding = scope.spawn(|| flood.run_paced(ONSET + lasts, BETWEEN_TRIES));
                flooded.work(ONSET)?;
                let work = flooded.work(lasts)?;
                join(flooding)?;
                Ok(work)
            })
        },
        |lasts| calm.work(lasts),
    )?;
    let guessers = flood.into_callers();
    let sum = |count: fn(&Guesser) -> u64| guessers.iter().map(count).sum::<u64>();
    let (compared, put_off) = (
        sum(|guesser| guesser.compared),
        sum(|guesser| guesser.put_off),
    );
    ensure!(
        compared > 0 && put_off > compared,
        "{compared} guesses compared and {put_off} put off are no flood"
    );
    let mut figures = ["refresh", "verify", "notes"]
        .into_iter()
        .enumerate()
        .map(|(kind, name)| figure(name, &rounds, kind))
        .collect::<Result<Vec<_>>>()?;
    figures[0].notes.push(format!(
        "The flood: {CLIENTS} clients, 200 guesses a second; {compared} were compared and {put_off} put off."
    ));
    Ok(figures)
}

fn figure(name: &str, rounds: &Rounds<Work>, kind: usize) -> Result<Figure> {
    let p99 = |work: &Work| work[kind].milliseconds_at(99.0);
    let (mut flooded, mut calm) = (Sample::empty()?, Sample::empty()?);
    for pair in &rounds.pairs {
        flooded.add(&pair.0[kind])?;
        calm.add(&pair.1[kind])?;
    }
    let (flooded_p99, calm_p99) = (flooded.milliseconds_at(99.0), calm.milliseconds_at(99.0));
    let value = Spread {
        // A round has few calls to tell a p99 from: all rounds together count.
        median: flooded_p99 / calm_p99,
        ..rounds.ratio(p99)
    };
    let figure = Figure::new(
        format!("flood-{name}"),
        format!("{name} p99 under a login flood (64 clients)"),
        value,
    )
    .against("calm")
    .at_most(2.0)
    .note(format!(
        "p50 {:.2} ms, p99 {flooded_p99:.2} ms under the flood; p50 {:.2} ms, p99 {calm_p99:.2} ms calm, of all \
         rounds together; the lowest and the highest ratio are of single rounds.",
        flooded.milliseconds_at(50.0),
        calm.milliseconds_at(50.0)
    ))
    .plot(latencies_plot(&[
        ("under the flood", &flooded),
        ("calm", &calm),
    ]));
    Ok(figure)
}

/// How long refreshes, verifications and lists of notes took.
type Work = [Sample; 3];

/// People who are signed in: one refreshes, one has their token verified, one reads notes.
struct Worker {
    refresh: Load<Chain>,
    verify: Load<Reader>,
    notes: Load<Reader>,
}

impl Worker {
    fn connect(world: &mut World, auth_port: u16) -> Result<Self> {
        let people = world.people(3)?;
        let [refreshing, verified, reading] = people.as_slice() else {
            bail!("three people were to be registered");
        };
        let reader = |path: &'static str, person: &Session| Reader {
            path,
            access_token: person.access_token.clone(),
        };
        Ok(Self {
            refresh: Load::new(auth_port, [Chain::new(refreshing.clone())])?,
            verify: Load::new(auth_port, [reader("/auth/verify", verified)])?,
            notes: Load::new(world.notes_port(), [reader("/notes", reading)])?,
        })
    }

    fn work(&mut self, lasts: Duration) -> Result<Work> {
        let Self {
            refresh,
            verify,
            notes,
        } = self;
        thread::scope(|scope| {
            let refreshing = scope.spawn(|| refresh.run_paced(lasts, BETWEEN_CALLS));
            let verifying = scope.spawn(|| verify.run_paced(lasts, BETWEEN_CALLS));
            let reading = scope.spawn(|| notes.run_paced(lasts, BETWEEN_CALLS));
            Ok([join(refreshing)?, join(verifying)?, join(reading)?])
        })
    }
}

/// Reads the same again and again.
struct Reader {
    path: &'static str,
    access_token: String,
}

impl Caller for Reader {
    fn ask(&mut self, request: &mut Vec<u8>) {
        get(request, self.path, Some(&self.access_token));
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)
    }
}

/// Tries passwords of somebody who is not there. Some are compared, the others are put off.
struct Guesser {
    number: u32,
    compared: u64,
    put_off: u64,
}

impl Guesser {
    fn new(number: u32) -> Self {
        Self {
            number,
            compared: 0,
            put_off: 0,
        }
    }
}

impl Caller for Guesser {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let body = json!({
            "username": format!("nobody{}", self.number),
            "password": "not the password of anyone",
        });
        post(request, "/auth/login", None, body.to_string().as_bytes());
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        if answer.status == 503 {
            self.put_off += 1;
            return Ok(());
        }
        self.compared += 1;
        answer.expect(401)
    }
}
