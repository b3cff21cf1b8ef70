//! How far each file has come, and where its report stands.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use chrono::{DateTime, Utc};
use diesel::{dsl, prelude::*};
use serde_json::Value;

use super::super::source::Position;
use crate::{schema::user_imports, transfer::format::Format};

/// How far a file has come.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = user_imports, check_for_backend(diesel::pg::Pg))]
pub struct Progress {
    /// By its stable name.
    pub format: String,
    resume_offset: i64,
    resume_line: i64,
    report_path: Vec<u8>,
    report_length: i64,
    /// A [`Tally`](super::super::tally::Tally).
    pub tally: Value,
    /// When the last line was done.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Progress {
    /// Where to go on.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            offset: self.resume_offset.unsigned_abs(),
            lines: self.resume_line.unsigned_abs(),
        }
    }

    /// Where the report stands, and how much of it holds.
    #[must_use]
    pub fn report(&self) -> (&Path, u64) {
        let path = Path::new(OsStr::from_bytes(&self.report_path));
        (path, self.report_length.unsigned_abs())
    }
}

/// How far this file has come, if it was begun.
///
/// # Errors
///
/// The statement's failure.
pub fn find(connection: &mut PgConnection, file: &[u8]) -> QueryResult<Option<Progress>> {
    user_imports::table
        .find(file)
        .select(Progress::as_select())
        .first(connection)
        .optional()
}

/// Notes that a file is begun, or begun anew.
///
/// # Errors
///
/// The statement's failure.
pub fn begin(
    connection: &mut PgConnection,
    file: &[u8],
    format: Format,
    tally: &Value,
    report: &Path,
) -> QueryResult<()> {
    diesel::delete(user_imports::table.find(file)).execute(connection)?;
    diesel::insert_into(user_imports::table)
        .values((
            user_imports::file_digest.eq(file),
            user_imports::format.eq(format.as_str()),
            user_imports::resume_offset.eq(0),
            user_imports::resume_line.eq(0),
            user_imports::report_path.eq(report.as_os_str().as_bytes()),
            user_imports::report_length.eq(0),
            user_imports::tally.eq(tally),
        ))
        .execute(connection)
        .map(drop)
}

/// Notes where the report goes on, and how much of it holds there.
///
/// # Errors
///
/// The statement's failure.
pub fn go_on(
    connection: &mut PgConnection,
    file: &[u8],
    report: &Path,
    report_length: u64,
) -> QueryResult<()> {
    diesel::update(user_imports::table.find(file))
        .set((
            user_imports::report_path.eq(report.as_os_str().as_bytes()),
            user_imports::report_length.eq(signed(report_length)),
        ))
        .execute(connection)
        .map(drop)
}

/// What has been done of a file.
pub struct Step {
    /// Where it was before.
    pub from: Position,
    /// Where it is now.
    pub to: Position,
    /// How long the report is.
    pub report_length: u64,
    /// What it came to until now.
    pub tally: Value,
    /// Whether that was all.
    pub finished: bool,
}

/// Notes how far a file has come. `false` if it was not where this run had left it.
///
/// # Errors
///
/// The statement's failure.
pub fn advance(connection: &mut PgConnection, file: &[u8], step: &Step) -> QueryResult<bool> {
    let row = user_imports::table
        .find(file)
        .filter(user_imports::resume_offset.eq(signed(step.from.offset)))
        .filter(user_imports::finished_at.is_null());
    let changed = diesel::update(row)
        .set((
            user_imports::resume_offset.eq(signed(step.to.offset)),
            user_imports::resume_line.eq(signed(step.to.lines)),
            user_imports::report_length.eq(signed(step.report_length)),
            user_imports::tally.eq(&step.tally),
            step.finished
                .then_some(user_imports::finished_at.eq(dsl::now)),
        ))
        .execute(connection)?;
    Ok(changed == 1)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
