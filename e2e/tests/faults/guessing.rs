//! Someone guesses passwords as fast as they can.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::client::{Client, SignedIn};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::world::World;

/// How many guesses are under way at once: more than the hashing gates of both replicas let in.
const AT_ONCE: usize = 96;
/// How many notes are read to tell how long that takes.
const READS: usize = 1_000;
const RATIO: u32 = 2;
/// Guesses a second: some ten times what the machine can compare. Sent as fast as they are answered, they
/// would measure how the load itself takes the machine from everyone.
const PACE: u32 = 500;

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

    let guesses = Arc::new(AtomicUsize::new(0));
    let under_way = Arc::new(Notify::new());
    let most = world.size.guesses;
    let started = Instant::now();
    let mut guessing = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, guesses, username) = (
            world.system.client(),
            Arc::clone(&guesses),
            owner.username.clone(),
        );
        let under_way = Arc::clone(&under_way);
        guessing.spawn(guess(client, username, guesses, most, started, under_way));
    }
    let (flooded, (attempts, waited)) = tokio::join!(
        p99(&client, &reader, |reads| {
            reads == 0 || guesses.load(Ordering::Relaxed) < most
        }),
        async {
            under_way.notified().await;
            let (attempts, waited) = log_in(&client, &owner).await;
            assert!(
                guesses.load(Ordering::Relaxed) < most,
                "the owner got in only when the flood was over, after {attempts} tries and {waited:?}"
            );
            (attempts, waited)
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

async fn guess(
    client: Client,
    username: String,
    guesses: Arc<AtomicUsize>,
    most: usize,
    started: Instant,
    under_way: Arc<Notify>,
) -> Guesses {
    let mut own = Guesses::default();
    loop {
        let number = guesses.fetch_add(1, Ordering::Relaxed);
        if number >= most {
            return own;
        }
        let turn = Duration::from_secs(1) * u32::try_from(number).unwrap() / PACE;
        tokio::time::sleep_until((started + turn).into()).await;
        let name = match number % 2 {
            0 => username.clone(),
            _ => format!("nobody{number}"),
        };
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
            // There are more guesses than can be compared.
            under_way.notify_one();
        }
    }
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
