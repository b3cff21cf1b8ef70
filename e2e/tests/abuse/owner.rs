//! Nobody who guesses keeps the owner out (R34).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::system;
use tokio::time::{MissedTickBehavior, interval};

use crate::crowd::{self, guess, was_compared};
use crate::figures::note;

/// Ten guesses a second.
const PACE: Duration = Duration::from_millis(100);
/// From so many networks.
const CROWD: u16 = 60;

/// With the defaults of throttling. The attack comes from everywhere, the owner's own network included.
pub(crate) async fn logs_in_while_others_guess() {
    let lasts = Duration::from_secs(if e2e::in_full() { 60 } else { 10 });
    let system = system::start_alone(|settings| settings.set_auth("AUTH_THROTTLE", "on")).await;
    let client = system.client();
    let owner = client.register().await;
    let mut attackers = crowd::of(&system, CROWD);
    attackers.push(system.client());

    let (compared, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let over = AtomicBool::new(false);
    let attack = async {
        let mut ticks = interval(PACE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        for attacker in attackers.iter().cycle() {
            ticks.tick().await;
            if over.load(Ordering::Relaxed) {
                return;
            }
            let counted = if was_compared(&guess(attacker, &owner.username).await) {
                &compared
            } else {
                &refused
            };
            counted.fetch_add(1, Ordering::Relaxed);
        }
    };
    let owners_day = async {
        // The attack has had its way with the account first.
        while refused.load(Ordering::Relaxed) < 5 {
            tokio::task::yield_now().await;
        }
        let stranger = client.log_in(&owner.username).await;
        let started = Instant::now();
        let (mut logins, mut slowest) = (0, Duration::ZERO);
        while started.elapsed() < lasts {
            let began = Instant::now();
            client.log_in_from_device(&owner).await.assert_status(200);
            slowest = slowest.max(began.elapsed());
            logins += 1;
        }
        over.store(true, Ordering::Relaxed);
        (stranger.status, logins, slowest)
    };
    let ((), (stranger, logins, slowest)) = tokio::join!(attack, owners_day);
    note(
        "R34",
        &format!(
            "attack of 10 guesses a second from {} networks for {} s ({} compared, {} refused): the owner logged in {logins} times of {logins} from a known device, slowest {} ms",
            CROWD + 1,
            lasts.as_secs(),
            compared.into_inner(),
            refused.into_inner(),
            slowest.as_millis(),
        ),
    );
    assert_eq!(stranger, 429, "the account was not under attack");
    assert!(logins > 0);
}
