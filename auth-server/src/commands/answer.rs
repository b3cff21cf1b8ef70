//! How commands answer: a sentence or a table for people, JSON for scripts.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::Outcome;
use crate::client::misleads;

/// Answers with JSON where that was asked for, and otherwise with the text.
pub(super) fn answer(
    out: &mut impl Write,
    json: bool,
    value: &impl Serialize,
    text: impl FnOnce() -> String,
) -> Outcome {
    if json {
        serde_json::to_writer_pretty(&mut *out, value)?;
        writeln!(out)?;
    } else {
        // What people call themselves must not play tricks on a terminal.
        let text: String = text()
            .chars()
            .filter(|c| *c == '\n' || !misleads(*c))
            .collect();
        writeln!(out, "{text}")?;
    }
    Ok(())
}

/// Lays out rows in columns as wide as what stands in them.
pub(super) fn table<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |cells: &[&str]| {
        let padded = cells.iter().zip(widths);
        let padded: Vec<String> = padded
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let rows = rows.iter().map(|row| {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        line(&cells)
    });
    let lines: Vec<String> = std::iter::once(line(&head)).chain(rows).collect();
    lines.join("\n")
}

/// An instant to the second, or a dash.
pub(super) fn instant(instant: impl Into<Option<DateTime<Utc>>>) -> String {
    instant.into().map_or_else(
        || "-".to_owned(),
        |instant| instant.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

/// A text, or a dash.
pub(super) fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            ["ада".to_owned(), "x".to_owned()],
            ["b".to_owned(), String::new()],
        ];
        assert_eq!(table(["A", "LONG"], &rows), "A    LONG\nада  x\nb");
    }
}
