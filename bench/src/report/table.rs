//! All figures of a run in lines below each other, for a terminal.

use crate::figure::Figure;

/// Verdict, name, what came out and what was wanted, in columns.
pub(crate) fn table(figures: &[Figure]) -> String {
    let rows: Vec<[String; 4]> = figures
        .iter()
        .map(|figure| {
            [
                figure.verdict().to_owned(),
                figure.id.clone(),
                figure.measured(),
                figure.bar.to_string(),
            ]
        })
        .collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let [first, second, third] = [0, 1, 2].map(width);
    let lines: Vec<String> = rows
        .iter()
        .map(|[verdict, id, measured, wanted]| {
            format!("{verdict:first$}  {id:second$}  {measured:third$}  {wanted}")
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::figure::{Bar, Figure, Spread};

    fn figure(id: &str, value: f64, bar: Bar) -> Figure {
        Figure {
            bar,
            ..Figure::new(id, "", Spread::of(vec![value]))
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let figures = [
            figure("refresh", 0.91, Bar::AtLeast(0.85)),
            figure("mint", 12.0, Bar::AtMost(1.1)),
            figure("replicas", 1.5, Bar::Told),
        ];
        let expected = "\
✓ reached  refresh   0.910  at least 0.85
✗ short    mint      12.0   at most 1.1
told       replicas  1.500  –";
        assert_eq!(table(&figures), expected);
    }
}
