//! What was measured: one value with its bar, and what there is to draw of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One line of the result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// Its name in file names and messages, such as `refresh`.
    pub(crate) id: String,
    /// What was measured.
    pub(crate) what: String,
    /// What it is compared with; empty where it stands for itself.
    pub(crate) against: String,
    /// What came out.
    pub(crate) value: Spread,
    /// Of what it is a number; empty for a ratio.
    pub(crate) unit: String,
    /// What is to be reached.
    pub(crate) bar: Bar,
    /// What is good to know beside, sentence by sentence: absolute numbers of this machine in this run.
    pub(crate) notes: Vec<String>,
    /// What there is to draw.
    pub(crate) plots: Vec<Plot>,
}

/// A median and what lies around it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// The lowest.
    pub(crate) low: f64,
    /// The median.
    pub(crate) median: f64,
    /// The highest.
    pub(crate) high: f64,
}

/// What is to be reached, by the median.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Bar {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
    /// It is told for itself.
    Told,
}

/// A drawing: what it shows, and curves of points.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plot {
    /// Its name in the file's name, unique among the figure's plots.
    pub(crate) id: String,
    /// What it shows.
    pub(crate) title: String,
    /// The horizontal axis, with its unit.
    pub(crate) x: String,
    /// The vertical axis, with its unit.
    pub(crate) y: String,
    /// How the points are drawn.
    pub(crate) form: Form,
    /// What is drawn.
    pub(crate) curves: Vec<Curve>,
}

/// How the points of a plot are drawn.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Form {
    /// As lines.
    Lines,
    /// As single points, one for each round.
    Points,
    /// As lines over the nines of a percentile: x is 0 to below 100.
    Percentiles,
}

/// Points under one name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Curve {
    /// What it is.
    pub(crate) label: String,
    /// Where its points are.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let middle = values.len() / 2;
        Self {
            low: at(0),
            median: if values.len().is_multiple_of(2) {
                f64::midpoint(at(middle.saturating_sub(1)), at(middle))
            } else {
                at(middle)
            },
            high: at(values.len().saturating_sub(1)),
        }
    }
}

impl Figure {
    /// Whether the median reaches the bar.
    pub(crate) fn is_reached(&self) -> bool {
        match self.bar {
            Bar::AtLeast(bar) => self.value.median >= bar,
            Bar::AtMost(bar) => self.value.median <= bar,
            Bar::Told => true,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.value)?;
        if !self.unit.is_empty() {
            write!(f, " {}", self.unit)?;
        }
        match self.bar {
            Bar::AtLeast(bar) => write!(f, ", wanted at least {bar}"),
            Bar::AtMost(bar) => write!(f, ", wanted at most {bar}"),
            Bar::Told => Ok(()),
        }?;
        for note in &self.notes {
            write!(f, "\n    {note}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { low, median, high } = self;
        let digits = if *median < 10.0 { 3 } else { 1 };
        write!(f, "{median:.digits$}")?;
        if low < high {
            write!(f, " ({low:.digits$} to {high:.digits$})")?;
        }
        Ok(())
    }
}
