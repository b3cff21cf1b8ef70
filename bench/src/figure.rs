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

/// A count, for ratios. What is no count reaches no bar.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn precise(count: impl TryInto<u64>) -> f64 {
    count.try_into().map_or(f64::NAN, |count| count as f64)
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
    /// A value that stands for itself, with nothing to reach, nothing to say and nothing to draw.
    pub(crate) fn new(id: impl Into<String>, what: impl Into<String>, value: Spread) -> Self {
        Self {
            id: id.into(),
            what: what.into(),
            against: String::new(),
            value,
            unit: String::new(),
            bar: Bar::Told,
            notes: Vec::new(),
            plots: Vec::new(),
        }
    }

    /// Compared with this.
    pub(crate) fn against(mut self, against: impl Into<String>) -> Self {
        self.against = against.into();
        self
    }

    /// A number of these, and no ratio.
    pub(crate) fn in_unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// To reach: no less than this.
    pub(crate) fn at_least(mut self, bar: f64) -> Self {
        self.bar = Bar::AtLeast(bar);
        self
    }

    /// To reach: no more than this.
    pub(crate) fn at_most(mut self, bar: f64) -> Self {
        self.bar = Bar::AtMost(bar);
        self
    }

    /// Says one thing more.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Draws one thing more.
    pub(crate) fn plot(mut self, plot: Plot) -> Self {
        self.plots.push(plot);
        self
    }

    /// Whether the median reaches the bar.
    pub(crate) fn is_reached(&self) -> bool {
        match self.bar {
            Bar::AtLeast(bar) => self.value.median >= bar,
            Bar::AtMost(bar) => self.value.median <= bar,
            Bar::Told => true,
        }
    }

    /// The same in a word.
    pub(crate) fn verdict(&self) -> &'static str {
        match self.bar {
            Bar::Told => "told",
            _ if self.is_reached() => "✓ reached",
            _ => "✗ short",
        }
    }

    /// The name of the file with this drawing.
    pub(crate) fn file_of(&self, plot: &Plot) -> String {
        format!("{}-{}.svg", self.id, plot.id)
    }

    /// What came out, with its unit.
    pub(crate) fn measured(&self) -> String {
        let measured = format!("{} {}", self.value, self.unit);
        measured.trim_end().to_owned()
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bar) => write!(f, "at least {bar}"),
            Self::AtMost(bar) => write!(f, "at most {bar}"),
            Self::Told => f.write_str("–"),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.measured())?;
        if !matches!(self.bar, Bar::Told) {
            write!(f, ", wanted {}", self.bar)?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(low: f64, median: f64, high: f64) -> Spread {
        Spread { low, median, high }
    }

    fn figure(median: f64, bar: Bar) -> Figure {
        Figure {
            bar,
            ..Figure::new("id", "", spread(median, median, median))
        }
    }

    #[test]
    fn a_spread_is_of_what_was_measured_in_any_order() {
        assert_eq!(
            Spread::of(vec![3.0, 1.0, 2.0]).to_string(),
            "2.000 (1.000 to 3.000)"
        );
        assert_eq!(
            Spread::of(vec![4.0, 1.0, 2.0, 3.0]).to_string(),
            "2.500 (1.000 to 4.000)"
        );
    }

    #[test]
    fn a_single_value_has_no_spread() {
        assert_eq!(Spread::of(vec![0.5]).to_string(), "0.500");
        assert_eq!(Spread::of(vec![248.12]).to_string(), "248.1");
    }

    #[test]
    fn a_bar_is_reached_at_the_bar_itself() {
        for (median, bar, verdict) in [
            (0.85, Bar::AtLeast(0.85), "✓ reached"),
            (0.849, Bar::AtLeast(0.85), "✗ short"),
            (1.4, Bar::AtMost(1.4), "✓ reached"),
            (1.401, Bar::AtMost(1.4), "✗ short"),
            (7.0, Bar::Told, "told"),
        ] {
            assert_eq!(figure(median, bar).verdict(), verdict, "{median} {bar}");
        }
    }

    #[test]
    fn what_was_not_measured_reaches_nothing() {
        let nothing = Spread::of(Vec::new()).median;
        assert!(!figure(nothing, Bar::AtLeast(0.0)).is_reached());
        assert!(!figure(nothing, Bar::AtMost(1.0)).is_reached());
    }

    #[test]
    fn a_figure_is_told_with_its_unit_bar_and_notes() {
        let figure = figure(12.0, Bar::Told)
            .in_unit("MB")
            .at_most(20.0)
            .note("A note.");
        assert_eq!(
            figure.to_string(),
            "id: 12.0 MB, wanted at most 20\n    A note."
        );
    }
}
