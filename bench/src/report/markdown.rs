//! The figures of a run as a document.

use super::Run;
use crate::figure::{Figure, Plot};

/// A table of all figures, then the notes and drawings of each.
pub(crate) fn document(run: &Run) -> String {
    let Run {
        day,
        quick,
        source,
        machine,
        figures,
    } = run;
    let effort = if *quick { "quick run" } else { "full run" };
    let rows: String = figures.iter().map(row).collect();
    let sections: String = figures.iter().map(section).collect();
    format!(
        "# Figures of a run\n\n\
         Written by the bench from [run.json](run.json): a {effort} of {day}, on {machine}; {source}. \
         Of several rounds the medians, with the lowest and the highest. What each figure means is told in \
         [performance.md](../performance.md).\n\n\
         | figure | against | measured | wanted | |\n\
         |---|---|---|---|---|\n\
         {rows}{sections}",
        machine = machine.for_people(),
        source = source.for_people(),
    )
}

fn row(figure: &Figure) -> String {
    let cells = [
        figure.what.clone(),
        figure.against.clone(),
        figure.measured(),
        figure.bar.to_string(),
        figure.verdict().to_owned(),
    ];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

fn section(figure: &Figure) -> String {
    let notes = figure.notes.join(" ");
    let notes = notes.as_str();
    let images = figure.plots.iter().map(|plot| image(figure, plot));
    let parts: Vec<String> = [format!("## {}", figure.id), notes.to_owned()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .chain(images)
        .collect();
    if parts.len() > 1 {
        format!("\n{}\n", parts.join("\n\n"))
    } else {
        String::new()
    }
}

fn image(figure: &Figure, plot: &Plot) -> String {
    format!("![{}]({})", plot.title, figure.file_of(plot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Form, Spread};

    fn figure() -> Figure {
        let value = Spread::of(vec![0.9, 0.8, 0.95]);
        Figure::new("refresh", "refresh | rotating", value)
            .against("a bare handler")
            .at_least(0.85)
            .note("One.")
            .note("Two.")
            .plot(Plot {
                id: "rates".to_owned(),
                title: "Rates".to_owned(),
                x: String::new(),
                y: String::new(),
                form: Form::Points,
                curves: Vec::new(),
            })
    }

    #[test]
    fn a_row_has_what_against_value_bar_and_verdict() {
        assert_eq!(
            row(&figure()),
            "| refresh \\| rotating | a bare handler | 0.900 (0.800 to 0.950) | at least 0.85 | ✓ reached |\n"
        );
    }

    #[test]
    fn notes_and_drawings_follow() {
        assert_eq!(
            section(&figure()),
            "\n## refresh\n\nOne. Two.\n\n![Rates](refresh-rates.svg)\n"
        );
    }

    #[test]
    fn there_is_no_section_without_notes_and_drawings() {
        let bare = Figure {
            notes: Vec::new(),
            plots: Vec::new(),
            ..figure()
        };
        assert_eq!(section(&bare), "");
    }
}
