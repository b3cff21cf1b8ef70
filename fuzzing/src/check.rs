//! Runs the cases and says what came of them.

use std::cell::Cell;
use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// What a parser said to an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was read.
    Accepted,
    /// It was not.
    Refused,
}

impl Outcome {
    /// Accepted if so.
    #[must_use]
    pub fn accepted_if(accepted: bool) -> Self {
        if accepted {
            Self::Accepted
        } else {
            Self::Refused
        }
    }
}

/// As many as a test without other orders tries.
const CASES: u32 = 4_096;

/// Far above what any parser takes for the longest input there is, in a build that is not optimised.
const BOUND: Duration = Duration::from_secs(1);

/// Tries a parser with many inputs and prints a row of the table: its name, how many there were, how
/// many it accepted, the longest that one took, the seconds of all, the failures.
///
/// # Panics
///
/// Where the property fails for an input, with the shortest one found; where one takes a second; and
/// where all were accepted or all refused, because then nothing was tried.
pub fn check<S: Strategy>(
    parser: &str,
    inputs: &S,
    property: impl Fn(&S::Value) -> Result<Outcome, TestCaseError>,
) {
    let config = Config::default();
    let config = Config {
        cases: config.cases.max(CASES),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..config
    };
    let tally = Tally::default();
    let started = Instant::now();
    let outcome = TestRunner::new(config).run(inputs, |input| {
        let began = Instant::now();
        let outcome = property(&input)?;
        let took = began.elapsed();
        tally.count(outcome, took);
        if took > BOUND && again(&property, &input) > BOUND {
            return Err(TestCaseError::fail(format!("it took {took:?}")));
        }
        Ok(())
    });
    report(&tally.row(parser, started.elapsed(), outcome.is_err()));
    if let Err(error) = outcome {
        fail(parser, &error.to_string());
    }
    if tally.accepted.get() == 0 || tally.accepted.get() == tally.cases.get() {
        fail(parser, "all inputs came to the same");
    }
}

/// The shortest of a few more tries: the machine may have been busy.
fn again<V>(property: impl Fn(&V) -> Result<Outcome, TestCaseError>, input: &V) -> Duration {
    let tries = (0..3).map(|_| {
        let began = Instant::now();
        let _ = property(input);
        began.elapsed()
    });
    tries.min().unwrap_or_default()
}

#[derive(Default)]
struct Tally {
    cases: Cell<u64>,
    accepted: Cell<u64>,
    slowest: Cell<Duration>,
}

impl Tally {
    fn count(&self, outcome: Outcome, took: Duration) {
        self.cases.set(self.cases.get() + 1);
        if outcome == Outcome::Accepted {
            self.accepted.set(self.accepted.get() + 1);
        }
        self.slowest.set(self.slowest.get().max(took));
    }

    fn row(&self, parser: &str, took: Duration, failed: bool) -> String {
        format!(
            "| {parser} | {} | {} | {:.1} ms | {:.0} s | {} |",
            self.cases.get(),
            self.accepted.get(),
            self.slowest.get().as_secs_f64() * 1_000.0,
            took.as_secs_f64(),
            u8::from(failed)
        )
    }
}

#[expect(clippy::print_stdout, reason = "the table of `make test-fuzz`")]
fn report(row: &str) {
    println!("{row}");
}

#[expect(clippy::panic, reason = "that is how a test fails")]
fn fail(parser: &str, why: &str) -> ! {
    panic!("{parser}: {why}")
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn fails(property: fn(&u8) -> Result<Outcome, TestCaseError>) -> bool {
        catch_unwind(|| check("none", &proptest::num::u8::ANY, property)).is_err()
    }

    #[test]
    fn a_property_that_does_not_hold_fails() {
        assert!(!fails(|number| Ok(Outcome::accepted_if(*number > 9))));
        assert!(fails(|number| {
            proptest::prop_assert!(*number < 200);
            Ok(Outcome::accepted_if(*number > 9))
        }));
        assert!(fails(|number| {
            assert!(*number < 200);
            Ok(Outcome::accepted_if(*number > 9))
        }));
    }

    #[test]
    fn inputs_that_try_nothing_fail() {
        assert!(fails(|_| Ok(Outcome::Refused)));
        assert!(fails(|_| Ok(Outcome::Accepted)));
    }
}
