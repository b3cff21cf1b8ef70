//! What was logged, by the thread of the test that asks.

use std::cell::RefCell;

use log::{Level, LevelFilter, Log, Metadata, Record};

thread_local! {
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("shared_claims")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = (record.level(), record.args().to_string());
            LINES.with_borrow_mut(|lines| lines.push(line));
        }
    }

    fn flush(&self) {}
}

/// Begins to listen.
pub(crate) fn listen() {
    // Another test may have been the first to ask.
    let _ = log::set_logger(&Lines);
    log::set_max_level(LevelFilter::Info);
}

/// What was logged about the feed since the last look.
pub(crate) fn about_the_feed() -> Vec<(Level, String)> {
    let lines = LINES.take();
    let about = lines.into_iter().filter(|(_, line)| line.contains("feed"));
    about.collect()
}
