//! Parallel guesses share one count, at whichever replica they arrive (R33), and names that nobody has are
//! counted like people's (R35).

use e2e::client::{Answer, Client};
use e2e::system::{self, System};
use futures_util::future::join_all;

use crate::crowd::{self, guess, was_compared};
use crate::figures::note;

const PARALLEL: u16 = 200;
const FREE: usize = 10;

/// Two replicas with the defaults of throttling, but for waits that are not over before they are looked at.
async fn throttled() -> impl std::ops::Deref<Target = System> {
    system::start_alone(|settings| {
        settings.set_auth("AUTH_THROTTLE", "on");
        settings.set_auth("AUTH_THROTTLE_ADDRESS_PER_MINUTE", "1");
        settings.set_auth("AUTH_THROTTLE_ACCOUNT_FIRST_DELAY", "5m");
    })
    .await
}

pub(crate) async fn from_one_network() {
    let system = throttled().await;
    let client = &crowd::of(&system, 1)[0];
    let names: Vec<String> = (0..PARALLEL)
        .map(|number| format!("nobody{number}"))
        .collect();
    let answers = join_all(names.iter().map(|name| guess(client, name))).await;
    assert_ten_compared(&system, &answers, "from one network");
}

pub(crate) async fn at_one_account() {
    let system = throttled().await;
    let owner = system.client().register().await;
    let crowd = crowd::of(&system, PARALLEL);
    let answers = join_all(crowd.iter().map(|client| guess(client, &owner.username))).await;
    assert_ten_compared(
        &system,
        &answers,
        "at one account, each from a network of its own",
    );
}

fn assert_ten_compared(system: &System, answers: &[Answer], which: &str) {
    let compared = answers.iter().filter(|answer| was_compared(answer)).count();
    note(
        "R33",
        &format!(
            "{} parallel guesses {which}, at 2 replicas: {compared} compared (limit {FREE})",
            answers.len()
        ),
    );
    assert!((1..=FREE).contains(&compared));
    let recorded = system.auth_database().events("login_failed");
    assert_eq!(recorded, i64::try_from(compared).unwrap());
}

pub(crate) async fn at_names_that_nobody_has() {
    let system = throttled().await;
    let owner = system.client().register().await;
    let crowd = crowd::of(&system, 40);
    let (theirs, nobodys) = (
        onset(&crowd, &owner.username).await,
        onset(&crowd, "nobody-at-all").await,
    );
    note(
        "R35",
        &format!(
            "throttled from guess no. {theirs} at an account, no. {nobodys} at a name that nobody has"
        ),
    );
    assert_eq!((theirs, nobodys), (FREE + 1, FREE + 1));
}

/// The number of the first guess that is refused, counted from 1.
async fn onset(crowd: &[Client], name: &str) -> usize {
    for (number, client) in (1..).zip(crowd) {
        if !was_compared(&guess(client, name).await) {
            return number;
        }
    }
    panic!("{} guesses at {name}, and none was refused", crowd.len());
}
