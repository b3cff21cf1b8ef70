//! Two things measured in turn.

use anyhow::Result;

use crate::{effort::Effort, figure::Spread};

/// What two things gave in rounds that followed each other.
#[derive(Debug)]
pub(crate) struct Rounds<T> {
    /// What was measured, and what it is compared with.
    pub(crate) pairs: Vec<(T, T)>,
}

impl<T> Rounds<T> {
    /// Measures both in turn, A B A B, after a first round of each that does not count.
    pub(crate) fn alternate(
        effort: &Effort,
        mut measured: impl FnMut(std::time::Duration) -> Result<T>,
        mut compared: impl FnMut(std::time::Duration) -> Result<T>,
    ) -> Result<Self> {
        measured(effort.warm_up)?;
        compared(effort.warm_up)?;
        let mut pairs = Vec::new();
        for _ in 0..effort.rounds {
            pairs.push((measured(effort.round)?, compared(effort.round)?));
        }
        Ok(Self { pairs })
    }

    /// The ratio of the medians of both sides, between the lowest and the highest ratio of a round to the one
    /// it was paired with. Where some rounds are disturbed, most ratios of single rounds are, too; most rounds
    /// are not.
    pub(crate) fn ratio(&self, quantity: impl Fn(&T) -> f64) -> Spread {
        let (measured, compared) = self.each(&quantity);
        let ratios = self.pairs.iter().map(|(a, b)| quantity(a) / quantity(b));
        Spread {
            median: measured.median / compared.median,
            ..Spread::of(ratios.collect())
        }
    }

    /// A quantity of what was measured, and the same of what it is compared with.
    pub(crate) fn each(&self, quantity: impl Fn(&T) -> f64) -> (Spread, Spread) {
        let of = |side: &dyn Fn(&(T, T)) -> f64| Spread::of(self.pairs.iter().map(side).collect());
        (of(&|pair| quantity(&pair.0)), of(&|pair| quantity(&pair.1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_that_of_the_medians_and_its_spread_that_of_the_pairs() {
        let rounds = Rounds {
            pairs: vec![
                (8.0, 10.0),
                (9.0, 10.0),
                (9.0, 3.0),
                (1.0, 10.0),
                (9.0, 10.0),
            ],
        };
        assert_eq!(
            rounds.ratio(|value| *value).to_string(),
            "0.900 (0.100 to 3.000)"
        );
    }
}
