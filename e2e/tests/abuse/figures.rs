//! What was measured, for people.

use std::sync::Mutex;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Notes a figure.
pub(crate) fn note(requirement: &str, figure: &str) {
    let line = format!("{requirement}  {figure}");
    LINES.lock().unwrap().push(line);
}

/// Prints all of them.
pub(crate) fn print() {
    for line in LINES.lock().unwrap().iter() {
        println!("{line}");
    }
}
