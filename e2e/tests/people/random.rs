//! Chance that can be had again: the same seed gives the same people, days and faults.

use std::ops::RangeInclusive;

/// A stream of numbers of its own for each device and thief, so that what one of them meets does not
/// change what the others do.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.next();
        random
    }

    /// A number of the range, each as likely as any other.
    pub(crate) fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let width = range.end() - range.start() + 1;
        range.start() + (self.next() % width.cast_unsigned()).cast_signed()
    }

    /// True this often out of a hundred times.
    pub(crate) fn percent(&mut self, percent: i64) -> bool {
        self.within(1..=100) <= percent
    }

    /// One of these, each as often out of a hundred times as its first number says.
    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[(i64, T)]) -> T {
        let total = choices.iter().map(|(weight, _)| weight).sum();
        let mut rest = self.within(1..=total);
        for (weight, choice) in choices {
            rest -= weight;
            if rest <= 0 {
                return choice.clone();
            }
        }
        unreachable!("the weights add up to the total")
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
