//! The axes of a drawing: how far they reach, and where they are labelled.

use std::ops::Range;

use plotters::coord::{
    ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter},
    types::RangedCoordf64,
};

use crate::figure::Form;

/// One axis.
pub(crate) struct Axis {
    values: Range<f64>,
    ticks: Vec<f64>,
    /// Where a value stands.
    place: fn(f64) -> f64,
}

/// The percentiles that are labelled.
const PERCENTILES: [f64; 6] = [50.0, 90.0, 99.0, 99.9, 99.99, 99.999];

/// Labels of an axis at most, where they are not given.
const TICKS: usize = 8;

impl Axis {
    /// The horizontal one, for points with these values.
    pub(crate) fn horizontal(form: Form, values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match form {
            Form::Lines => Self::even(low..high),
            Form::Points => Self {
                ticks: rounds(values),
                ..Self::even(low - 0.5..high + 0.5)
            },
            Form::Percentiles => Self {
                values: 0.0..high,
                ticks: PERCENTILES
                    .into_iter()
                    .filter(|percentile| *percentile <= high)
                    .collect(),
                place: nines,
            },
        }
    }

    /// The vertical one. It begins at 0, so that a small difference does not look like a large one.
    pub(crate) fn vertical(values: &[f64]) -> Self {
        let high = values.iter().copied().fold(0.0, f64::max);
        Self::even(0.0..high * 1.05)
    }

    fn even(values: Range<f64>) -> Self {
        let values = if values.start < values.end {
            values
        } else {
            values.start..values.start + 1.0
        };
        Self {
            ticks: RangedCoordf64::from(values.clone()).key_points(TICKS),
            values,
            place: |value| value,
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let places = (self.place)(self.values.start)..(self.place)(self.values.end);
        RangedCoordf64::from(places).map(&(self.place)(*value), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.values.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(value: &f64) -> String {
        for_people(*value)
    }
}

/// Each round once.
fn rounds(values: &[f64]) -> Vec<f64> {
    let mut rounds = values.to_vec();
    rounds.sort_by(f64::total_cmp);
    rounds.dedup();
    rounds
}

/// How many nines: 90 % is 1, 99 % is 2.
fn nines(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).log10()
}

/// A number as people write it: 52,000; 0.25.
fn for_people(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let whole = text.find('.').unwrap_or(text.len());
    let mut written = text.to_owned();
    for place in (1..whole).rev().filter(|place| (whole - place) % 3 == 0) {
        written.insert(place, ',');
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (40.0, "40"),
            (999.0, "999"),
            (52_000.0, "52,000"),
            (1_234_567.5, "1,234,567.5"),
        ] {
            assert_eq!(for_people(value), text);
        }
    }

    #[test]
    fn percentiles_stand_by_their_nines() {
        let axis = Axis::horizontal(Form::Percentiles, &[0.0, 50.0, 99.0, 99.9]);
        assert_eq!(axis.key_points(1), [50.0, 90.0, 99.0, 99.9]);
        assert_eq!(axis.map(&0.0, (0, 300)), 0);
        assert_eq!(axis.map(&90.0, (0, 300)), 100);
        assert_eq!(axis.map(&99.0, (0, 300)), 200);
    }

    #[test]
    fn an_axis_of_one_value_has_an_extent() {
        let range = Axis::horizontal(Form::Lines, &[4.0]).range();
        assert!(range.start < range.end && range.contains(&4.0));
    }

    #[test]
    fn a_vertical_axis_begins_at_nothing() {
        let range = Axis::vertical(&[51_000.0, 52_000.0]).range();
        assert!(range.contains(&0.0) && range.contains(&52_000.0));
        assert!(!range.contains(&-1.0));
    }
}
