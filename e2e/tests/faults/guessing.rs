//! Someone guesses passwords as fast as they can.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::client::{Client, SignedIn};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::world::World;

/// How many guesses are under way at once: more than the hashing gates of both replicas let in.
const AT_ONCE: usize = 96;
/// How many notes are read to tell how long that takes.
const READS: usize = 1_000;
const RATIO: u32 = 2;
/// Guesses a second: some ten times what the machine can compare. Sent as fast as they are answered, they
/// would measure how the load itself takes the machine from everyone.
const PACE: u32 = 500;
/// How long the owner tries to log in, at the most.
const PATIENCE: Duration = Duration::from_secs(60);

/// Other people's notes come as fast as ever, and the owner logs in. Half of the guesses are at the owner's
/// account, which is throttled; the others are at names that nobody has, and fill the queue for hashes.
pub(crate) async fn of_passwords(world: &mut World) {
    // The people pause: their own logins hash too, and what is compared is calm and flood.
    world.crowd.check().await;
    let mut fault = world.fault(
        "bad logins",
        &["429 rate_limited", "503 overloaded", "503 unavailable"],
    );
    let client = world.system.client();
    let owner = client.register().await;
    let reader = client.register().await;
    let calm = p99(&client, &reader, |reads| reads < READS).await;

    let flood = Arc::new(Flood::new(owner.username.clone(), world.size.guesses));
    let mut guessing = JoinSet::new();
    for _ in 0..AT_ONCE {
        guessing.spawn(guess(world.system.client(), Arc::clone(&flood)));
    }
    let (flooded, (attempts, waited)) = tokio::join!(
        p99(&client, &reader, |reads| reads == 0 || !flood.is_over()),
        async {
            let outcome = timeout(PATIENCE, async {
                flood.more_than_can_be_compared.notified().await;
                log_in(&client, &owner).await
            });
            let outcome = outcome.await;
            flood.owner_done.store(true, Ordering::Relaxed);
            outcome.unwrap_or_else(|_| panic!("the owner does not get in while others guess"))
        }
    );
    let mut all = Guesses::default();
    while let Some(outcome) = guessing.join_next().await {
        let outcome = outcome.unwrap();
        all.compared += outcome.compared;
        all.throttled += outcome.throttled;
        all.put_off += outcome.put_off;
    }
    world.crowd.go_on();
    world.recover(&mut fault, Instant::now()).await;
    fault.times = all.compared + all.throttled + all.put_off;
    fault.remarks = format!(
        "{} compared, {} throttled, {} put off; notes p99 {:.1} ms calm, {:.1} ms flooded; owner in meanwhile, after {attempts} tries, {:.1} s",
        all.compared,
        all.throttled,
        all.put_off,
        milliseconds(calm),
        milliseconds(flooded),
        waited.as_secs_f64(),
    );
    world.conclude(fault).await;
    // The short form is over too soon, on a machine that does other things, to judge by.
    if world.size.full {
        assert!(flooded <= RATIO * calm, "{flooded:?} instead of {calm:?}");
    }
}

/// How guesses were answered.
#[derive(Default)]
struct Guesses {
    compared: usize,
    throttled: usize,
    put_off: usize,
}

/// Guesses of all attackers, until there were enough and the owner has logged in among them.
struct Flood {
    username: String,
    enough: usize,
    guesses: AtomicUsize,
    started: Instant,
    more_than_can_be_compared: Notify,
    owner_done: AtomicBool,
}

impl Flood {
    fn new(username: String, enough: usize) -> Self {
        Self {
            username,
            enough,
            guesses: AtomicUsize::new(0),
            started: Instant::now(),
            more_than_can_be_compared: Notify::new(),
            owner_done: AtomicBool::new(false),
        }
    }

    fn is_over(&self) -> bool {
        self.owner_done.load(Ordering::Relaxed)
            && self.guesses.load(Ordering::Relaxed) >= self.enough
    }

    /// The name that is tried next, when it is its turn.
    async fn next_name(&self) -> String {
        let number = self.guesses.fetch_add(1, Ordering::Relaxed);
        let turn = Duration::from_secs(1) * u32::try_from(number).unwrap() / PACE;
        tokio::time::sleep_until((self.started + turn).into()).await;
        match number % 2 {
            0 => self.username.clone(),
            _ => format!("nobody{number}"),
        }
    }
}

async fn guess(client: Client, flood: Arc<Flood>) -> Guesses {
    let mut own = Guesses::default();
    while !flood.is_over() {
        let name = flood.next_name().await;
        let body = json!({"username": name, "password": "a wrong guess"});
        let answer = client.post("/auth/login").json(&body).send().await;
        match answer.status {
            401 => {
                answer.assert_problem(401, "invalid_credentials");
                own.compared += 1;
            }
            429 => {
                answer.assert_problem(429, "rate_limited");
                own.throttled += 1;
            }
            _ => {
                answer.assert_problem(503, "overloaded");
                own.put_off += 1;
            }
        }
        if answer.status != 401 {
            assert!(answer.headers.contains_key("retry-after"));
            flood.more_than_can_be_compared.notify_one();
        }
    }
    own
}

async fn p99(client: &Client, reader: &SignedIn, go_on: impl Fn(usize) -> bool) -> Duration {
    let mut times = Vec::new();
    while go_on(times.len()) {
        let started = Instant::now();
        let read = client
            .get("/notes")
            .bearer(&reader.access_token)
            .send()
            .await;
        read.assert_status(200);
        times.push(started.elapsed());
    }
    times.sort();
    times[times.len() * 99 / 100]
}

/// From a device on which they have logged in before, with the patience that they are asked for.
async fn log_in(client: &Client, owner: &SignedIn) -> (usize, Duration) {
    let started = Instant::now();
    for attempt in 1.. {
        let answer = client.log_in_from_device(owner).await;
        if answer.status == 200 {
            return (attempt, started.elapsed());
        }
        answer.assert_problem(503, "overloaded");
        let seconds = answer.header("retry-after").parse().unwrap();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    unreachable!("attempts do not run out")
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
