//! Counts of how things turned out. The ways are known beforehand, so that there are as many samples as
//! ways, and each is there, at 0, before it is taken for the first time.

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
};

use super::exposition::Family;

/// The ways in which something can turn out; [`outcomes!`](crate::outcomes) makes such a type.
pub trait Outcome: Copy + 'static {
    /// All of them, in the order of [`index`](Outcome::index).
    const ALL: &'static [Self];

    /// Its place among all.
    fn index(self) -> usize;

    /// What stands in a label.
    fn name(self) -> &'static str;
}

/// Declares an enum and what each of its variants is called in a label.
#[macro_export]
macro_rules! outcomes {
    (
        $(#[$about:meta])*
        $visibility:vis enum $Type:ident {
            $($(#[$about_one:meta])* $Variant:ident = $name:literal),+ $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        $visibility enum $Type {
            $($(#[$about_one])* $Variant),+
        }

        impl $crate::metrics::Outcome for $Type {
            const ALL: &'static [Self] = &[$(Self::$Variant),+];

            fn index(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self {
                    $(Self::$Variant => $name),+
                }
            }
        }
    };
}

/// How often each of the ways was taken.
#[derive(Debug)]
pub struct Tally<O> {
    counts: Box<[AtomicU64]>,
    outcome: PhantomData<fn(O)>,
}

impl<O: Outcome> Tally<O> {
    /// Counts one.
    pub fn count(&self, outcome: O) {
        self.add(outcome, 1);
    }

    /// Counts several.
    pub fn add(&self, outcome: O, number: u64) {
        self.counts[outcome.index()].fetch_add(number, Ordering::Relaxed);
    }

    /// Writes all of them, with the name of the way in this label.
    pub fn read(&self, label: &str, mut family: Family<'_>) {
        for (outcome, count) in O::ALL.iter().zip(&self.counts) {
            family.sample(&[(label, outcome.name())], count.load(Ordering::Relaxed));
        }
    }
}

impl<O: Outcome> Default for Tally<O> {
    fn default() -> Self {
        Self {
            counts: O::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            outcome: PhantomData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Exposition;

    outcomes! {
        /// What may become of a coin.
        enum Side {
            /// One.
            Heads = "heads",
            /// The other.
            Tails = "tails",
        }
    }

    #[test]
    fn every_way_is_there_before_it_is_taken() {
        let tally = Tally::default();
        tally.count(Side::Tails);
        tally.add(Side::Tails, 2);
        let mut exposition = Exposition::default();
        tally.read(
            "side",
            exposition.counter("tosses_total", "Coins that were tossed."),
        );
        let text = exposition.into_text();
        assert!(
            text.ends_with("tosses_total{side=\"heads\"} 0\ntosses_total{side=\"tails\"} 3\n"),
            "{text}"
        );
    }
}
