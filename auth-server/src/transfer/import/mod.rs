//! Taking over people with their passwords' hashes from the dump of another system.
//!
//! A file is read once and never held: a few thousand lines at a time become people or refusals, and how far it
//! has come is written in the transaction that adds them. So an import that is killed goes on where it stopped,
//! with nobody twice and nobody lost, and its report with what was refused before. A dry run does all the same in
//! one transaction and rolls it back; it holds people against each other in a table of its own, where it is in no
//! registration's way.

pub mod batch;
pub mod csv_table;
pub mod instant;
pub mod json_lines;
pub mod made_username;
pub mod members;
pub mod person;
pub mod records;
pub mod refusal;
pub mod report;
mod run;
pub mod source;
pub mod store;
pub mod tally;

use std::{
    io::{Read, Seek},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use diesel::{Connection, PgConnection, result::Error as DieselError};

use self::{
    person::Terms,
    records::{Records, UnreadableFile},
    report::{Earlier, Missing, Report, ReportError},
    run::Run,
    source::Position,
    tally::Tally,
};
use super::format::Format;
use crate::users::password_hash::foreign::Acceptance;

/// What is to be imported, and how.
pub struct Order<'a, R> {
    /// What is read.
    pub file: R,
    /// SHA-256 of it, by which it is known again.
    pub digest: &'a [u8],
    /// How it is written.
    pub format: Format,
    /// Which hashes are taken.
    pub hashes: Acceptance,
    /// Whether people without a password are taken, who then cannot sign in.
    pub without_password: bool,
    /// Whether to begin anew with a file that was imported before, or in part.
    pub again: bool,
    /// Whether nothing is to change.
    pub dry_run: bool,
    /// Where to write which lines were refused.
    pub report: &'a Path,
}

/// What came of it.
#[derive(Debug)]
pub struct Summary {
    /// Lines of the file that an earlier run had done.
    pub resumed_after: u64,
    /// What all of its runs came to.
    pub tally: Tally,
    /// Set where there was nothing to do: an earlier run had come to the end then.
    pub finished_before: Option<DateTime<Utc>>,
    /// The report, if a line was refused.
    pub report: Option<PathBuf>,
    /// What an earlier run refused and the report does not tell of.
    pub missing: Option<Missing>,
}

/// Why an import did not come to its end. What was committed before stays, and another run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// One at a time.
    #[error("another import is under way")]
    AnotherRuns,
    /// Positions in the file mean something else then.
    #[error("this file was begun as {0}; with --again it is begun anew")]
    AnotherFormat(String),
    /// Nothing of the file can be read.
    #[error(transparent)]
    File(#[from] UnreadableFile),
    /// Which lines were refused cannot be written down.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// People kept registering under names of the file.
    #[error(
        "names of the file were taken again and again while they were imported; another call goes on from there"
    )]
    Contended,
    /// Another run did what this one was about to do.
    #[error("another run of this file has gone on meanwhile")]
    Overtaken,
    /// What was noted of an earlier run is not what this release writes.
    #[error("how far the file has come cannot be read: {0}")]
    Progress(#[from] serde_json::Error),
    /// The database did not do its part.
    #[error("database: {0}; another call goes on from there")]
    Database(#[from] DieselError),
}

/// Imports a file, or rehearses it. `progress` is told how many bytes are done.
///
/// # Errors
///
/// An [`ImportError`].
pub fn import<R: Read + Seek>(
    connection: &mut PgConnection,
    order: Order<'_, R>,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ImportError> {
    if !store::prepare(connection)? {
        return Err(ImportError::AnotherRuns);
    }
    if !order.dry_run {
        return run(connection, order, progress);
    }
    let mut summary = None;
    let rolled_back = connection.transaction(|connection| {
        summary = Some(run(connection, order, progress)?);
        Err::<(), _>(ImportError::Database(DieselError::RollbackTransaction))
    });
    match (summary, rolled_back) {
        (Some(summary), _) => Ok(summary),
        (None, outcome) => Err(outcome.err().unwrap_or(ImportError::Overtaken)),
    }
}

fn run<R: Read + Seek>(
    connection: &mut PgConnection,
    order: Order<'_, R>,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ImportError> {
    let mut records = Records::open(order.file, order.format)?;
    let before = if order.again {
        None
    } else {
        store::progress::find(connection, order.digest)?
    };
    let mut tally = Tally::default();
    let mut done = Position::default();
    let mut earlier = None;
    if let Some(before) = &before {
        tally = serde_json::from_value(before.tally.clone())?;
        done = before.position();
        if before.finished_at.is_some() {
            return Ok(Summary {
                resumed_after: done.lines,
                tally,
                finished_before: before.finished_at,
                report: None,
                missing: None,
            });
        }
        if before.format != order.format.as_str() {
            return Err(ImportError::AnotherFormat(before.format.clone()));
        }
        records.go_to(done).map_err(UnreadableFile::Io)?;
        let (path, length) = before.report();
        earlier = Some(Earlier {
            path,
            length,
            lines: tally.refused,
        });
    }
    let (report, missing) = Report::open(order.report, earlier)?;
    let resumed_after = done.lines;
    let mut run = Run {
        records,
        terms: Terms {
            hashes: order.hashes,
            without_password: order.without_password,
            now: store::now(connection)?,
        },
        digest: order.digest,
        rehearsal: order.dry_run,
        done,
        tally,
        report,
    };
    run.begin(connection, order.format)?;
    while run.next_batch(connection)? {
        progress(run.done.offset);
    }
    Ok(Summary {
        resumed_after,
        tally: run.tally,
        finished_before: None,
        report: run.report.finish()?,
        missing,
    })
}
