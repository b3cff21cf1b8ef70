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

    /// The ratio of each round to the one it was paired with.
    pub(crate) fn ratio(&self, quantity: impl Fn(&T) -> f64) -> Spread {
        let ratios = self.pairs.iter();
        Spread::of(ratios.map(|(a, b)| quantity(a) / quantity(b)).collect())
    }

    /// A quantity of what was measured, and the same of what it is compared with.
    pub(crate) fn each(&self, quantity: impl Fn(&T) -> f64) -> (Spread, Spread) {
        let of = |side: &dyn Fn(&(T, T)) -> f64| Spread::of(self.pairs.iter().map(side).collect());
        (of(&|pair| quantity(&pair.0)), of(&|pair| quantity(&pair.1)))
    }
}
