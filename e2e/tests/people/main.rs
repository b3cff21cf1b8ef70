//! Simulated people over simulated weeks, and thieves among them: no honest client is ever logged out by
//! accident, and no stolen refresh token lives (R01 to R06).
//!
//! The auth servers are the real ones, in two replicas, and so is their Postgres; only its clock is moved.
//! People open, reload and close tabs, lose answers and sleep for days; beside the servers a [`ledger`] says
//! what each of their requests has to be answered with. At the end the database is compared with it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod audit;
mod clock;
mod device;
mod jar;
mod late_answers;
mod ledger;
mod random;
mod report;
mod servers;
mod simulation;
mod tally;
mod thief;

use std::time::Instant;

use crate::jar::JarRule;
use crate::ledger::DAY;
use crate::report::Report;
use crate::servers::Servers;
use crate::simulation::{Setup, Simulation};

/// R01 to R06. In full: a thousand people for five weeks, with the settings that people have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_logged_out_by_accident_and_every_thief_is_caught() {
    let setup = setup();
    let servers = Servers::start(&[
        ("AUTH_SESSION_ABSOLUTE", &setup.absolute.to_string()),
        // All of them are looked at in the end.
        ("AUTH_SESSION_RETENTION", "90d"),
    ]);
    let started = Instant::now();
    let mut simulation = Simulation::new(setup, &servers);
    for day in 1..=setup.days {
        simulation.run_until(day * DAY).await;
        if day % 5 == 0 {
            let refreshes = simulation.tally.refreshes();
            println!(
                "people: {day} of {} days, {refreshes} refreshes",
                setup.days
            );
        }
    }
    let report = Report {
        simulation: &simulation,
        took: started.elapsed(),
        too_busy: servers.too_busy(),
    };
    println!("{report}");

    let false_logouts = &simulation.tally.false_logouts;
    assert!(false_logouts.is_empty(), "{false_logouts:#?}");
    let (planted, served, caught) = report.thieves();
    assert_eq!(planted, simulation.thieves.len());
    assert_eq!(caught, planted);
    assert!(served > 0, "no thief was ever ahead, or close behind");
    audit::compare(&servers, &simulation);
    all_of_it_happened(&simulation);
}

/// What is asserted of things that never happened would be true as well.
fn all_of_it_happened(simulation: &Simulation<'_>) {
    let tally = &simulation.tally;
    for (number, name) in [
        (tally.rotations, "rotations"),
        (tally.repeats, "repeats"),
        (tally.lost, "lost answers"),
        (tally.delayed, "delays"),
        (tally.too_late, "answers that came too late"),
        (tally.doubled, "doubled requests"),
        (tally.reloads, "reloads"),
        (tally.logouts, "logouts"),
        (tally.silences_ended, "silences taken for theft"),
        (tally.expired_idle.len() as u64, "idle sessions"),
        (tally.expired_absolute.len() as u64, "old sessions"),
    ] {
        assert!(number > 0, "no {name}");
    }
    assert_eq!(tally.set_back, 0);
    assert_eq!(tally.registered.len(), simulation.setup.people);
}

fn setup() -> Setup {
    let in_full = e2e::in_full();
    Setup {
        seed: 3,
        people: if in_full { 1_000 } else { 40 },
        days: if in_full { 35 } else { 10 },
        absolute: if in_full { 30 * DAY } else { 8 * DAY },
        people_per_thief: if in_full { 10 } else { 3 },
        jar: JarRule::WhereTheSentTokenStillIs,
    }
}
