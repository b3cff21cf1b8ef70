//! Abuse: people guess passwords, alone and in crowds, and others go on with their work (R33 to R36). One
//! attack after another, against two replicas of each service, and the figures at the end.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and tells what it found"
)]

mod crowd;
mod figures;
mod flood;
mod guesses;
mod owner;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments {
        // One after another: each has the machine for itself.
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    let conclusion = libtest_mimic::run(
        &arguments,
        vec![
            trial(
                "of_parallel_guesses_from_one_network_ten_are_compared",
                guesses::from_one_network,
            ),
            trial(
                "of_parallel_guesses_at_one_account_ten_are_compared",
                guesses::at_one_account,
            ),
            trial(
                "names_that_nobody_has_are_throttled_alike",
                guesses::at_names_that_nobody_has,
            ),
            trial(
                "the_owner_logs_in_while_others_guess",
                owner::logs_in_while_others_guess,
            ),
            trial("a_flood_of_logins_holds_up_nobody_else", flood::of_logins),
        ],
    );
    figures::print();
    conclusion.exit_code()
}

fn trial<F>(name: &str, attack: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = ()>,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Runtime::new().map_err(Failed::from)?;
        runtime.block_on(attack());
        Ok(())
    })
}
