//! A flood of logins takes the cores for password hashes, and leaves others their share (R36).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::client::{Client, SignedIn};
use e2e::system;
use futures_util::future::join_all;
use tokio::time::{MissedTickBehavior, interval};

use crate::crowd::{self, guess, was_compared};
use crate::figures::note;

/// How many guess at once.
const CROWD: u16 = 64;
/// Guesses a second, of all of them: twenty times what two cores can compare at the default cost. Sent as
/// fast as they are answered, they would measure how the load itself takes the machine from everyone.
const PACE: u32 = 200;
/// Between two calls of each kind.
const BETWEEN_CALLS: Duration = Duration::from_millis(10);

const KINDS: [&str; 3] = ["refresh", "verify", "notes"];

/// At the default cost, and without a throttle: a botnet that no throttle can tell from people.
pub(crate) async fn of_logins() {
    let (rounds, lasts) = if e2e::in_full() {
        (5, Duration::from_secs(10))
    } else {
        (2, Duration::from_secs(4))
    };
    let system = system::start_alone(|settings| {
        // Each replica hashes on as many threads as there are cores, and here is one machine.
        settings.auth_servers = 1;
        settings.set_auth("AUTH_BCRYPT_COST", "12");
        settings.set_auth("AUTH_REFRESH_GRACE", "0");
    })
    .await;
    let client = system.client();
    let mut person = client.register().await;
    let crowd = crowd::of(&system, CROWD);
    work(&client, &mut person, lasts / 4).await;

    let mut calm = KINDS.map(|_| Vec::new());
    let mut flooded = KINDS.map(|_| Vec::new());
    let (compared, put_off) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for _ in 0..rounds {
        collect(&mut calm, work(&client, &mut person, lasts).await);
        let over = AtomicBool::new(false);
        let flood = join_all((0..).zip(&crowd).map(|(number, attacker)| {
            let (over, compared, put_off) = (&over, &compared, &put_off);
            async move {
                let mut ticks = interval(Duration::from_secs(1) * u32::from(CROWD) / PACE);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
                while !over.load(Ordering::Relaxed) {
                    ticks.tick().await;
                    let name = format!("nobody{number}");
                    let counted = if was_compared(&guess(attacker, &name).await) {
                        compared
                    } else {
                        put_off
                    };
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            }
        }));
        let meanwhile = async {
            // The queues fill first.
            while put_off.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            let times = work(&client, &mut person, lasts).await;
            over.store(true, Ordering::Relaxed);
            times
        };
        let (_, times) = tokio::join!(flood, meanwhile);
        collect(&mut flooded, times);
    }
    note(
        "R36",
        &format!(
            "flood of {CROWD} clients, {PACE} logins a second: {} compared, {} put off with 503",
            compared.into_inner(),
            put_off.into_inner()
        ),
    );
    let mut ratios = Vec::new();
    for ((kind, calm), flooded) in KINDS.into_iter().zip(&mut calm).zip(&mut flooded) {
        let (calm, flooded) = (p99(calm), p99(flooded));
        let ratio = flooded.as_secs_f64() / calm.as_secs_f64();
        note(
            "R36",
            &format!(
                "{kind} p99: {:.1} ms calm, {:.1} ms under the flood, ratio {ratio:.2} (wanted: at most 2)",
                calm.as_secs_f64() * 1_000.0,
                flooded.as_secs_f64() * 1_000.0
            ),
        );
        ratios.push(ratio);
    }
    // The short form has too few calls, on a machine that does other things, to judge by the bar itself.
    let bar = if e2e::in_full() { 2.0 } else { 20.0 };
    assert!(ratios.iter().all(|ratio| *ratio <= bar), "{ratios:?}");
}

/// Refreshes, verifies and reads notes at a steady pace, and gives back how long each call took, by kind.
async fn work(client: &Client, person: &mut SignedIn, lasts: Duration) -> [Vec<Duration>; 3] {
    let mut times = KINDS.map(|_| Vec::new());
    let until = Instant::now() + lasts;
    let mut ticks = interval(BETWEEN_CALLS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while Instant::now() < until {
        ticks.tick().await;
        let started = Instant::now();
        let refreshed = client.refresh(&person.refresh_token).await;
        times[0].push(started.elapsed());
        refreshed.assert_status(200);
        for (token, member) in [
            (&mut person.refresh_token, "refresh_token"),
            (&mut person.access_token, "access_token"),
        ] {
            refreshed.text(member).clone_into(token);
        }
        for (times, path) in times[1..].iter_mut().zip(["/auth/verify", "/notes"]) {
            let started = Instant::now();
            let read = client.get(path).bearer(&person.access_token).send().await;
            times.push(started.elapsed());
            read.assert_status(200);
        }
    }
    times
}

fn collect(all: &mut [Vec<Duration>; 3], times: [Vec<Duration>; 3]) {
    for (all, times) in all.iter_mut().zip(times) {
        all.extend(times);
    }
}

fn p99(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}
