//! What is measured, one file for each subject.

mod flood;
mod forged;
mod large_table;
mod login;
mod memory;
pub(crate) mod notes;
mod partitioned_table;
pub(crate) mod refresh;
mod replicas;
mod session_tables;
mod signatures;
mod start;
mod statements;
mod warm_token;

use anyhow::Result;

use crate::{
    figure::{Curve, Figure, Form, Plot},
    load::Sample,
    rounds::Rounds,
    served::Served,
    world::World,
};

/// A subject.
pub(crate) struct Measurement {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// Measures it.
    pub(crate) measure: fn(&mut World) -> Result<Vec<Figure>>,
    /// Whether there is a bar to fall short of, and so a reason to measure it every day.
    pub(crate) has_bar: bool,
}

/// All of them, in the order in which they are measured.
pub(crate) const MEASUREMENTS: [Measurement; 13] = [
    Measurement {
        name: "warm-token",
        measure: warm_token::measure,
        has_bar: true,
    },
    Measurement {
        name: "signatures",
        measure: signatures::measure,
        has_bar: true,
    },
    Measurement {
        name: "refresh",
        measure: refresh::measure,
        has_bar: true,
    },
    Measurement {
        name: "forged",
        measure: forged::measure,
        has_bar: true,
    },
    Measurement {
        name: "notes",
        measure: notes::measure,
        has_bar: true,
    },
    Measurement {
        name: "login",
        measure: login::measure,
        has_bar: true,
    },
    Measurement {
        name: "flood",
        measure: flood::measure,
        has_bar: true,
    },
    Measurement {
        name: "statements",
        measure: statements::measure,
        has_bar: true,
    },
    Measurement {
        name: "large-table",
        measure: large_table::measure,
        has_bar: true,
    },
    Measurement {
        name: "partitioned-table",
        measure: partitioned_table::measure,
        has_bar: false,
    },
    Measurement {
        name: "start",
        measure: start::measure,
        has_bar: true,
    },
    Measurement {
        name: "memory",
        measure: memory::measure,
        has_bar: true,
    },
    Measurement {
        name: "replicas",
        measure: replicas::measure,
        has_bar: false,
    },
];

/// A quantity of both sides, round by round.
fn rounds_plot<T>(
    rounds: &Rounds<T>,
    quantity: impl Fn(&T) -> f64,
    what: &str,
    labels: [&str; 2],
) -> Plot {
    let curve = |label: &str, side: &dyn Fn(&(T, T)) -> f64| Curve {
        label: label.to_owned(),
        points: (1..)
            .map(f64::from)
            .zip(rounds.pairs.iter().map(side))
            .collect(),
    };
    Plot {
        id: "rounds".to_owned(),
        title: format!("{what}, round by round"),
        x: "round".to_owned(),
        y: what.to_owned(),
        form: Form::Points,
        curves: vec![
            curve(labels[0], &|pair| quantity(&pair.0)),
            curve(labels[1], &|pair| quantity(&pair.1)),
        ],
    }
}

/// Answers a second of both sides, round by round.
fn rates_plot(rounds: &Rounds<Served>, labels: [&str; 2]) -> Plot {
    rounds_plot(rounds, Served::rate, "answers/s", labels)
}

/// How long answers took, by percentile.
fn latencies_plot(samples: &[(&str, &Sample)]) -> Plot {
    let curves = samples.iter().map(|(label, sample)| Curve {
        label: (*label).to_owned(),
        points: PERCENTILES
            .map(|percentile| (percentile, sample.milliseconds_at(percentile)))
            .to_vec(),
    });
    Plot {
        id: "latencies".to_owned(),
        title: "Time to an answer, by percentile".to_owned(),
        x: "percentile".to_owned(),
        y: "ms".to_owned(),
        form: Form::Percentiles,
        curves: curves.collect(),
    }
}

const PERCENTILES: [f64; 8] = [10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9];
