//! Reading lines, of which each is a JSON object.

use std::io::{self, Read, Seek};

use super::{members::Members, records::LONGEST_RECORD, refusal::Refusal, source::Source};

/// Reads the next line; `None` at the end. What is too long is read to its end and not kept.
///
/// # Errors
///
/// The file cannot be read.
pub fn read<R: Read + Seek>(
    source: &mut Source<R>,
    line: &mut Vec<u8>,
) -> io::Result<Option<Result<Members, Refusal>>> {
    line.clear();
    let (mut empty, mut too_long) = (true, false);
    loop {
        let bytes = source.peek()?;
        if bytes.is_empty() {
            break;
        }
        empty = false;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |end| end + 1);
        too_long |= line.len() + taken > LONGEST_RECORD;
        if !too_long {
            line.extend_from_slice(&bytes[..taken]);
        }
        source.consume(taken);
        if end.is_some() {
            break;
        }
    }
    Ok(match (empty, too_long) {
        (true, _) => None,
        (_, true) => Some(Err(Refusal::TooLong)),
        (_, false) => Some(Members::from_json(line)),
    })
}
