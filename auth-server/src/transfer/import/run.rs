//! One run of an import: batch after batch, each of which is one transaction.

use std::io::{Read, Seek};

use diesel::{Connection, PgConnection};
use serde_json::json;

use super::{
    ImportError,
    batch::{Line, Resolved, Usernames, Wanted},
    person::{Person, Terms},
    records::{Record, Records, UnreadableFile},
    report::Report,
    source::Position,
    store::{
        self,
        progress::{self, Step},
    },
    tally::Tally,
};
use crate::{
    events::{self, Event, EventKind, Operator},
    transfer::format::Format,
};

/// Lines that are read, held and added at a time.
const BATCH: usize = 2_000;

/// How often a batch is tried of whose names one was taken between the look at them and the insert.
const TRIES: usize = 10;

/// A file on its way.
pub(super) struct Run<'a, R> {
    pub(super) records: Records<R>,
    pub(super) terms: Terms,
    pub(super) digest: &'a [u8],
    pub(super) rehearsal: bool,
    pub(super) done: Position,
    pub(super) tally: Tally,
    pub(super) report: Report,
}

impl<R: Read + Seek> Run<'_, R> {
    /// Records that the import begins, or goes on, before anything comes of it.
    pub(super) fn begin(
        &self,
        connection: &mut PgConnection,
        format: Format,
    ) -> Result<(), ImportError> {
        connection.transaction(|connection| {
            if self.done == Position::default() {
                let tally = serde_json::to_value(&self.tally)?;
                progress::begin(connection, self.digest, format, &tally, self.report.place())?;
            } else {
                let report = &self.report;
                progress::go_on(connection, self.digest, report.place(), report.length())?;
            }
            let event = Event::by_operator(&Operator::CommandLine, EventKind::UsersImportBegun)
                .with_details(json!({"lines_done_before": self.done.lines}));
            Ok(events::record(connection, &event)?)
        })
    }

    /// Takes the next lines; `false` if they were the last ones.
    pub(super) fn next_batch(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<bool, ImportError> {
        let mut tally = self.tally.clone();
        let lines = self.read(&mut tally)?;
        let finished = lines.len() < BATCH;
        for _ in 0..TRIES {
            match self.add(connection, &lines, tally.clone(), finished) {
                Ok(tally) => {
                    self.report.keep();
                    self.tally = tally;
                    self.done = self.records.position();
                    return Ok(!finished);
                }
                // The next look at the names sees whose was taken.
                Err(ImportError::Contended) => self.report.rewind()?,
                Err(error) => return Err(error),
            }
        }
        Err(ImportError::Contended)
    }

    fn read(&mut self, tally: &mut Tally) -> Result<Vec<Line>, ImportError> {
        let mut lines = Vec::with_capacity(BATCH);
        while lines.len() < BATCH {
            let record = self.records.read().map_err(UnreadableFile::Io)?;
            let Some(Record { line, members }) = record else {
                break;
            };
            let outcome = members.and_then(|members| {
                tally.ignore(&members);
                let person = Person::read(&members, &self.terms)?;
                let usernames = Usernames::of(&person);
                Ok((person, usernames))
            });
            lines.push(Line {
                number: line,
                outcome,
            });
        }
        Ok(lines)
    }

    fn add(
        &mut self,
        connection: &mut PgConnection,
        lines: &[Line],
        mut tally: Tally,
        finished: bool,
    ) -> Result<Tally, ImportError> {
        let (from, to) = (self.done, self.records.position());
        connection.transaction(|connection| {
            let wanted = Wanted::by(lines);
            let taken = store::taken(connection, self.rehearsal, &wanted)?;
            let resolved = Resolved::of(lines, taken, &mut tally);
            let added = if self.rehearsal {
                store::rehearse(connection, &resolved.people)?
            } else {
                store::insert(connection, &resolved.people)?
            };
            if added != resolved.people.len() {
                return Err(ImportError::Contended);
            }
            let report_length = self.report.write(&resolved.refused)?;
            let step = Step {
                from,
                to,
                report_length,
                tally: serde_json::to_value(&tally)?,
                finished,
            };
            if !progress::advance(connection, self.digest, &step)? {
                return Err(ImportError::Overtaken);
            }
            if finished {
                let event = Event::by_operator(&Operator::CommandLine, EventKind::UsersImported)
                    .with_details(json!({"imported": tally.imported, "refused": tally.refused}));
                events::record(connection, &event)?;
            }
            Ok(tally)
        })
    }
}
