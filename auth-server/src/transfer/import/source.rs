//! The bytes of a file, and how far they have been read: what an import that was broken off goes on from.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// How far a file has been read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Position {
    /// Bytes.
    pub offset: u64,
    /// Ends of lines.
    pub lines: u64,
}

/// A file, from some position on.
#[derive(Debug)]
pub struct Source<R> {
    reader: BufReader<R>,
    position: Position,
}

/// What some programs write at the beginning of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl<R: Read + Seek> Source<R> {
    /// Reads from the beginning, past a byte order mark.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn new(mut file: R) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let mut source = Self {
            reader: BufReader::with_capacity(1 << 16, file),
            position: Position::default(),
        };
        if source.peek()?.starts_with(BYTE_ORDER_MARK) {
            source.consume(BYTE_ORDER_MARK.len());
        }
        Ok(source)
    }

    /// Goes to a position of an earlier reading.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn go_to(&mut self, position: Position) -> io::Result<()> {
        self.reader.seek(SeekFrom::Start(position.offset))?;
        self.position = position;
        Ok(())
    }

    /// How far it has been read.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The next bytes; none at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    /// Goes past so many of the bytes that were looked at.
    #[expect(
        clippy::naive_bytecount,
        reason = "parsing takes a hundred times as long"
    )]
    pub fn consume(&mut self, bytes: usize) {
        let passed = &self.reader.buffer()[..bytes];
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        self.position.lines += lines as u64;
        self.position.offset += bytes as u64;
        self.reader.consume(bytes);
    }

    /// Goes past empty lines.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn skip_empty_lines(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.peek()?;
            let is_end = |byte: &&u8| matches!(byte, b'\n' | b'\r');
            let empty = bytes.iter().take_while(is_end).count();
            if empty == 0 {
                return Ok(());
            }
            self.consume(empty);
        }
    }
}
