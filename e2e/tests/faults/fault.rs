//! A fault, while it is injected, and the row that comes of it.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::{Crowd, Whose};
use crate::table::{self, Row};

/// How many lines of the gateway's log a failure shows.
const LINES_SHOWN: usize = 10;

/// A fault, while it is injected.
pub(crate) struct Fault {
    name: String,
    /// How often it was.
    pub(crate) times: usize,
    /// From each end of it until each person was served again.
    pub(crate) recoveries: Vec<Duration>,
    /// What else is to be said.
    pub(crate) remarks: String,
    /// The refusals that people put up with.
    refusals: &'static [&'static str],
}

impl Fault {
    /// A fault begins: figures are counted from now on. `refusals` are those that it may cause, by status
    /// and code.
    pub(crate) fn begin(crowd: &Crowd, name: &str, refusals: &'static [&'static str]) -> Self {
        drop(crowd.tally.take());
        Self {
            name: name.to_owned(),
            times: 0,
            recoveries: Vec::new(),
            remarks: String::new(),
            refusals,
        }
    }

    /// Waits until everyone has been served since the fault ended. How long that was is counted from
    /// `since`.
    pub(crate) async fn recover(&mut self, crowd: &Crowd, since: Instant, ended: Instant) {
        self.times += 1;
        let served = crowd.served_since(ended, Whose::Both).await;
        let before = ended - since;
        self.recoveries
            .extend(served.iter().map(|after| before + *after));
    }

    /// Adds the row to the table, and fails if anything went wrong. `log_directory` is where the gateway
    /// logs.
    pub(crate) fn report(self, crowd: &Crowd, log_directory: &Path) {
        let counts = crowd.tally.take();
        let put_off: Vec<String> = counts
            .refused
            .iter()
            .map(|(how, times)| format!("{times} × {how}"))
            .collect();
        let mut remarks = put_off.join(", ");
        if !self.remarks.is_empty() {
            let separator = if remarks.is_empty() { "" } else { "; " };
            remarks = format!("{}{separator}{remarks}", self.remarks);
        }
        table::add(Row {
            fault: self.name,
            times: self.times,
            requests: counts.requests,
            acknowledged: counts.acknowledged,
            put_off: counts.refused.values().sum(),
            lost: counts.lost.len(),
            false_logouts: counts.false_logouts.len(),
            false_401s: counts.false_401s.len(),
            recoveries: self.recoveries,
            remarks,
        });
        let wrongs = counts.wrongs();
        assert!(wrongs.is_empty(), "{} wrongs: {wrongs:#?}", wrongs.len());
        for how in counts.refused.keys() {
            assert!(
                self.refusals.contains(&how.as_str()),
                "refused with {how}: {:?}; the last of the gateway's lines: {:#?}",
                counts.refused,
                last_failures(log_directory)
            );
        }
    }
}

/// What the gateway logged of the last calls that failed.
fn last_failures(log_directory: &Path) -> Vec<String> {
    let log = log_directory.join("gateway-access.log");
    let text = std::fs::read_to_string(log).unwrap();
    let failures = text.lines().filter(|line| line.contains(" status=5"));
    let mut lines: Vec<String> = failures.map(str::to_owned).collect();
    lines.split_off(lines.len().saturating_sub(LINES_SHOWN))
}
