//! A file of people, record by record.

use std::io::{self, Read, Seek};

use super::{
    csv_table::Table,
    json_lines,
    members::Members,
    refusal::Refusal,
    source::{Position, Source},
};
use crate::transfer::format::Format;

/// Bytes of a record at the most: far more than dumps have, and no more than that is ever kept in memory.
pub const LONGEST_RECORD: usize = 1 << 20;

/// Why nothing of a file can be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableFile {
    /// The system says so.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is in another encoding, by its byte order mark.
    #[error("the file is in UTF-16; it has to be in UTF-8")]
    Utf16,
    /// It is one JSON array, of which nobody can tell where a person begins without reading all of it.
    #[error(
        "the file is one JSON array and has to be one JSON object a line; jq makes it: jq -c '.[]' FILE"
    )]
    JsonArray,
    /// The first line is no header.
    #[error("the file has no header line that names its columns")]
    NoHeader,
    /// Everyone has an e-mail address here.
    #[error("the header line names no column email")]
    NoEmailColumn,
    /// Which of them would count?
    #[error("the header line names the column {0} twice")]
    RepeatedColumn(String),
}

/// A file that is being read.
pub struct Records<R> {
    source: Source<R>,
    form: Form,
}

/// One record.
#[derive(Debug)]
pub struct Record {
    /// The number of the line on which it begins; the first of a file is 1.
    pub line: u64,
    /// What stands in it, or why it cannot be read.
    pub members: Result<Members, Refusal>,
}

enum Form {
    JsonLines(Vec<u8>),
    Csv(Box<Table>),
}

impl<R: Read + Seek> Records<R> {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// An [`UnreadableFile`].
    pub fn open(file: R, format: Format) -> Result<Self, UnreadableFile> {
        let mut source = Source::new(file)?;
        let beginning = source.peek()?;
        if beginning.starts_with(b"\xFF\xFE") || beginning.starts_with(b"\xFE\xFF") {
            return Err(UnreadableFile::Utf16);
        }
        let form = match format {
            Format::JsonLines if beginning.trim_ascii_start().starts_with(b"[") => {
                return Err(UnreadableFile::JsonArray);
            }
            Format::JsonLines => Form::JsonLines(Vec::new()),
            Format::Csv => Form::Csv(Box::new(Table::open(&mut source)?)),
        };
        Ok(Self { source, form })
    }

    /// Goes on where an earlier reading stopped.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn go_to(&mut self, position: Position) -> io::Result<()> {
        self.source.go_to(position)
    }

    /// How far it has been read: to the end of a record.
    pub fn position(&self) -> Position {
        self.source.position()
    }

    /// Reads the next record; `None` at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read(&mut self) -> io::Result<Option<Record>> {
        let source = &mut self.source;
        source.skip_empty_lines()?;
        let line = source.position().lines + 1;
        let outcome = match &mut self.form {
            Form::JsonLines(buffer) => json_lines::read(source, buffer)?,
            Form::Csv(table) => table.read(source)?,
        };
        Ok(outcome.map(|members| Record { line, members }))
    }
}
