//! Reading CSV (RFC 4180), record by record and within bounds: a quote that nobody closes does not make a
//! record of the rest of the file.

use std::io::{self, Read, Seek};

use csv_core::{ReadRecordResult, Reader};

use super::{
    members::{Members, is_known},
    records::{LONGEST_RECORD, UnreadableFile},
    refusal::Refusal,
    source::Source,
};

/// A record has no more cells.
const MOST_CELLS: usize = 1_000;

/// What is known of a file of CSV once its header has been read.
pub struct Table {
    parser: Parser,
    columns: Vec<String>,
}

impl Table {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// An [`UnreadableFile`].
    pub fn open<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, UnreadableFile> {
        let mut parser = Parser::new();
        source.skip_empty_lines()?;
        let outcome = parser.read(source)?.ok_or(UnreadableFile::NoHeader)?;
        outcome.map_err(|_| UnreadableFile::NoHeader)?;
        let cells = parser.cells().map(|cell| {
            let name = str::from_utf8(cell).map_err(|_| UnreadableFile::NoHeader)?;
            Ok(name.trim().to_owned())
        });
        let columns: Vec<String> = cells.collect::<Result<_, UnreadableFile>>()?;
        for (index, name) in columns.iter().enumerate() {
            if is_known(name) && columns[..index].contains(name) {
                return Err(UnreadableFile::RepeatedColumn(name.clone()));
            }
        }
        if !columns.iter().any(|name| name == "email") {
            return Err(UnreadableFile::NoEmailColumn);
        }
        Ok(Self { parser, columns })
    }

    /// Reads the next record; `None` at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
    ) -> io::Result<Option<Result<Members, Refusal>>> {
        let before = source.position().lines;
        let Some(outcome) = self.parser.read(source)? else {
            return Ok(None);
        };
        let lines = source.position().lines - before;
        let members = outcome.and_then(|()| self.members());
        Ok(Some(members.map_err(|refusal| match refusal {
            Refusal::TooLong | Refusal::CellCount { .. } if lines > 1 => {
                Refusal::QuoteNotClosed { lines }
            }
            _ => refusal,
        })))
    }

    fn members(&self) -> Result<Members, Refusal> {
        let found = self.parser.cells().count();
        let expected = self.columns.len();
        if found != expected {
            return Err(Refusal::CellCount { expected, found });
        }
        let mut members = Members::default();
        for (name, cell) in self.columns.iter().zip(self.parser.cells()) {
            let text = str::from_utf8(cell).map_err(|_| Refusal::NotUtf8)?;
            members.add_cell(name, text);
        }
        Ok(members)
    }
}

/// Takes records apart; it keeps one at a time.
struct Parser {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    cells: usize,
}

impl Parser {
    fn new() -> Self {
        Self {
            reader: Reader::new(),
            text: vec![0; LONGEST_RECORD],
            ends: vec![0; MOST_CELLS],
            cells: 0,
        }
    }

    /// Reads a record; what is too long is read to its end and not kept.
    fn read<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
    ) -> io::Result<Option<Result<(), Refusal>>> {
        let (mut length, mut cells, mut too_long) = (0, 0, false);
        loop {
            let input = source.peek()?;
            let (text, ends) = (&mut self.text[length..], &mut self.ends[cells..]);
            let (result, read, written, ended) = self.reader.read_record(input, text, ends);
            source.consume(read);
            length += written;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    too_long = true;
                    (length, cells) = (0, 0);
                }
                ReadRecordResult::Record if too_long => {
                    return Ok(Some(Err(Refusal::TooLong)));
                }
                ReadRecordResult::Record => {
                    self.cells = cells;
                    return Ok(Some(Ok(())));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let ends = &self.ends[..self.cells];
        let starts = [0].into_iter().chain(ends.iter().copied());
        starts.zip(ends).map(|(start, end)| &self.text[start..*end])
    }
}
