//! What an import came to, in words and as JSON.

use std::{fmt::Write, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::transfer::import::{Summary, report::Missing, tally::Tally};

/// What is told of an import.
#[derive(Serialize)]
pub(super) struct Told {
    dry_run: bool,
    finished_before: Option<DateTime<Utc>>,
    resumed_after_line: u64,
    #[serde(flatten)]
    tally: Tally,
    /// JSON has no name for a path that is not UTF-8: such bytes are shown as replacement characters.
    report: Option<String>,
    missing_from_report: u64,
    #[serde(skip)]
    missing: Option<Missing>,
    seconds: f64,
}

impl Told {
    pub(super) fn new(summary: Summary, dry_run: bool, took: Duration) -> Self {
        Self {
            dry_run,
            finished_before: summary.finished_before,
            resumed_after_line: summary.resumed_after,
            tally: summary.tally,
            report: summary.report.map(|path| path.display().to_string()),
            missing_from_report: summary.missing.as_ref().map_or(0, |missing| missing.lines),
            missing: summary.missing,
            seconds: took.as_secs_f64(),
        }
    }

    pub(super) fn as_text(&self) -> String {
        let tally = &self.tally;
        let mut text = self.first_sentence();
        for (reason, lines) in &tally.refused_by_reason {
            let _ = write!(text, "\n{lines:>12}  {reason}");
        }
        if let Some(report) = &self.report {
            let _ = write!(text, "\nWhich lines were refused, and why: {report}");
        }
        if let Some(Missing { lines, earlier }) = &self.missing {
            let earlier = earlier.display();
            let _ = write!(
                text,
                "\nLines that an earlier run refused and that are missing from the report, since they are not in {earlier}: {lines}"
            );
        }
        if tally.usernames_made > 0 {
            let _ = write!(
                text,
                "\nUsernames made from e-mail addresses: {}, with a suffix: {}",
                tally.usernames_made, tally.usernames_suffixed
            );
        }
        if tally.without_password > 0 {
            let _ = write!(
                text,
                "\nPeople without a password, who cannot sign in: {}",
                tally.without_password
            );
        }
        let ignored: Vec<&str> = tally.ignored_members.keys().map(String::as_str).collect();
        if !ignored.is_empty() {
            let _ = write!(text, "\nNot read: {}", ignored.join(", "));
        }
        if tally.ignored_otherwise > 0 {
            let _ = write!(
                text,
                "\nNot read besides, of other names: {}",
                tally.ignored_otherwise
            );
        }
        text
    }

    fn first_sentence(&self) -> String {
        let (imported, refused) = (self.tally.imported, self.tally.refused);
        if let Some(instant) = self.finished_before {
            let instant = instant.to_rfc3339_opts(SecondsFormat::Secs, true);
            return format!(
                "This file was imported before, until {instant}: people imported: {imported}, lines refused: {refused}. Nothing was done now; --again begins anew."
            );
        }
        let mut text = if self.dry_run {
            format!(
                "A dry run, nothing has changed. People who would be imported: {imported}, lines refused: {refused}."
            )
        } else {
            let seconds = self.seconds;
            format!("People imported: {imported}, lines refused: {refused}, in {seconds:.1} s.")
        };
        let resumed_after = self.resumed_after_line;
        if resumed_after > 0 {
            let _ = write!(
                text,
                " An earlier run had come to line {resumed_after}; what it did is counted, too."
            );
        }
        text
    }
}
