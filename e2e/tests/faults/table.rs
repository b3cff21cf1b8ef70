//! What came of each fault, as a table for people.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

static ROWS: Mutex<Vec<[String; COLUMNS]>> = Mutex::new(Vec::new());

const COLUMNS: usize = 11;
const HEADS: [&str; COLUMNS] = [
    "fault",
    "times",
    "requests",
    "acknowledged",
    "put off",
    "lost",
    "false logouts",
    "false 401s",
    "recovery median",
    "recovery max",
    "remarks",
];
const FAULT: usize = 0;
const REMARKS: usize = 10;

/// One line.
pub(crate) struct Row {
    pub(crate) fault: String,
    pub(crate) times: usize,
    pub(crate) requests: u64,
    pub(crate) acknowledged: u64,
    /// Answers that say "later", and lost connections.
    pub(crate) put_off: u64,
    pub(crate) lost: usize,
    pub(crate) false_logouts: usize,
    pub(crate) false_401s: usize,
    /// From each fault's end until each person has been served again.
    pub(crate) recoveries: Vec<Duration>,
    pub(crate) remarks: String,
}

/// Adds a line.
pub(crate) fn add(mut row: Row) {
    row.recoveries.sort();
    let median = row.recoveries.get(row.recoveries.len() / 2);
    rows().push([
        row.fault,
        row.times.to_string(),
        row.requests.to_string(),
        row.acknowledged.to_string(),
        row.put_off.to_string(),
        row.lost.to_string(),
        row.false_logouts.to_string(),
        row.false_401s.to_string(),
        seconds(median),
        seconds(row.recoveries.last()),
        row.remarks,
    ]);
}

/// Says that a fault could not be injected here.
pub(crate) fn not_run(fault: &str, why: &str) {
    let mut cells: [String; COLUMNS] = std::array::from_fn(|_| "-".to_owned());
    fault.clone_into(&mut cells[FAULT]);
    cells[REMARKS] = format!("NOT RUN: {why}");
    rows().push(cells);
}

/// All lines under their heads, aligned; nothing where there is no line.
pub(crate) fn render() -> Option<String> {
    let rows = rows();
    if rows.is_empty() {
        return None;
    }
    let heads = HEADS.map(str::to_owned);
    let lines = || std::iter::once(&heads).chain(rows.iter());
    let width = |column: usize| lines().map(|cells| cells[column].chars().count()).max();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| width(column).unwrap_or_default());
    let mut text = String::new();
    for cells in lines() {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            let width = widths[column];
            // Words begin where their column does, numbers end there.
            match column {
                FAULT | REMARKS => write!(line, "{cell:<width$}  ").unwrap(),
                _ => write!(line, "{cell:>width$}  ").unwrap(),
            }
        }
        text += line.trim_end();
        text.push('\n');
    }
    Some(text)
}

/// Writes all lines so far to this file of `target/`: a suite that is broken off leaves what it found.
pub(crate) fn keep(file: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    fs::write(target.join(file), render().unwrap_or_default()).unwrap();
}

fn seconds(duration: Option<&Duration>) -> String {
    duration.map_or_else(
        || "-".to_owned(),
        |duration| format!("{:.2} s", duration.as_secs_f64()),
    )
}

fn rows() -> MutexGuard<'static, Vec<[String; COLUMNS]>> {
    ROWS.lock().unwrap()
}
