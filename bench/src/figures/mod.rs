//! What is measured, one file for each subject.

mod refresh;
mod warm_token;

use anyhow::Result;

use crate::{
    figure::{Curve, Figure, Form, Plot},
    load::Sample,
    rounds::Rounds,
    world::World,
};

/// A subject.
pub(crate) struct Measurement {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// Measures it.
    pub(crate) measure: fn(&mut World) -> Result<Vec<Figure>>,
}

/// All of them, in the order in which they are measured.
pub(crate) const FIGURES: [Measurement; 2] = [
    Measurement {
        name: "warm-token",
        measure: warm_token::measure,
    },
    Measurement {
        name: "refresh",
        measure: refresh::measure,
    },
];

/// The rates of both sides, round by round.
fn rates_plot(rounds: &Rounds<Sample>, labels: [&str; 2]) -> Plot {
    let curve = |label: &str, rate: fn(&(Sample, Sample)) -> f64| Curve {
        label: label.to_owned(),
        points: (1..)
            .map(f64::from)
            .zip(rounds.pairs.iter().map(rate))
            .collect(),
    };
    Plot {
        id: "rates".to_owned(),
        title: "Answers a second, round by round".to_owned(),
        x: "round".to_owned(),
        y: "answers/s".to_owned(),
        form: Form::Points,
        curves: vec![
            curve(labels[0], |pair| pair.0.rate()),
            curve(labels[1], |pair| pair.1.rate()),
        ],
    }
}
