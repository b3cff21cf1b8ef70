//! The report of refused lines: JSON lines that tell the number of the line and why, and nothing that stood in
//! it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{self, Path, PathBuf},
};

use serde::Serialize;

use super::refusal::Refusal;

/// A report that is being written. What belongs to a batch is on the disk before the batch is committed, and is
/// taken back where it is not.
#[derive(Debug)]
pub struct Report {
    path: PathBuf,
    place: PathBuf,
    file: BufWriter<File>,
    kept: u64,
    written: u64,
}

/// The report of an earlier run of the same file.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// Where that run wrote it.
    pub path: &'a Path,
    /// How many bytes of it hold.
    pub length: u64,
    /// How many lines were refused by then.
    pub lines: u64,
}

/// Lines that were refused before, and that the report does not tell of.
#[derive(Debug)]
pub struct Missing {
    /// How many.
    pub lines: u64,
    /// The report that was copied, where they were looked for.
    pub earlier: PathBuf,
}

#[derive(Serialize)]
struct Entry {
    line: u64,
    code: &'static str,
    message: String,
}

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the report of refused lines, {}: {cause}", .path.display())]
pub struct ReportError {
    path: PathBuf,
    cause: io::Error,
}

/// How each line of a report begins.
const BEGINNING: &[u8] = br#"{"line":"#;

impl Report {
    /// Opens a report that begins with what an earlier one holds; a new one without any. The earlier one is read
    /// only, unless both are the same file. What it does not hold any more is said.
    ///
    /// # Errors
    ///
    /// A [`ReportError`]: among others, the file is there and is no report.
    pub fn open(
        path: &Path,
        earlier: Option<Earlier<'_>>,
    ) -> Result<(Self, Option<Missing>), ReportError> {
        let opened = open(path, earlier).and_then(|opened| Ok((opened, path::absolute(path)?)));
        let ((file, kept), place) = opened.map_err(|cause| ReportError {
            path: path.to_owned(),
            cause,
        })?;
        let missing = earlier.and_then(|earlier| {
            let lines = earlier.lines.saturating_sub(kept.lines);
            (lines > 0).then(|| Missing {
                lines,
                earlier: earlier.path.to_owned(),
            })
        });
        let report = Self {
            path: path.to_owned(),
            place,
            file: BufWriter::new(file),
            kept: kept.bytes,
            written: kept.bytes,
        };
        Ok((report, missing))
    }

    /// Where it is, whatever the working directory.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// How many bytes of it are kept.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.kept
    }

    /// Writes lines down, and returns how long the report is with them.
    ///
    /// # Errors
    ///
    /// A [`ReportError`].
    pub fn write(&mut self, refused: &[(u64, Refusal)]) -> Result<u64, ReportError> {
        match write(&mut self.file, refused) {
            Ok(bytes) => self.written += bytes,
            Err(cause) => return Err(self.error(cause)),
        }
        Ok(self.written)
    }

    /// Keeps what was written since the last time.
    pub fn keep(&mut self) {
        self.kept = self.written;
    }

    /// Takes back what was written and not kept.
    ///
    /// # Errors
    ///
    /// A [`ReportError`].
    pub fn rewind(&mut self) -> Result<(), ReportError> {
        self.written = self.kept;
        let file = self.file.get_mut();
        let outcome = file.set_len(self.kept);
        let outcome = outcome.and_then(|()| file.seek(SeekFrom::Start(self.kept)));
        outcome.map(drop).map_err(|cause| self.error(cause))
    }

    /// Where it is; an empty one is removed.
    ///
    /// # Errors
    ///
    /// A [`ReportError`].
    pub fn finish(self) -> Result<Option<PathBuf>, ReportError> {
        if self.kept > 0 {
            return Ok(Some(self.path));
        }
        let removed = fs::remove_file(&self.path);
        removed.map(|()| None).map_err(|cause| self.error(cause))
    }

    fn error(&self, cause: io::Error) -> ReportError {
        ReportError {
            path: self.path.clone(),
            cause,
        }
    }
}

/// How much of a report is there.
#[derive(Clone, Copy, Default)]
struct Extent {
    bytes: u64,
    lines: u64,
}

fn open(path: &Path, earlier: Option<Earlier<'_>>) -> io::Result<(File, Extent)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.mode(0o600).open(path)?;
    if file.metadata()?.len() > 0 && !is_report(&file)? {
        return Err(io::Error::other("the file is there and is no report"));
    }
    let kept = match earlier {
        Some(earlier) => take_over(&file, earlier)?,
        None => Extent::default(),
    };
    file.set_len(kept.bytes)?;
    file.seek(SeekFrom::Start(kept.bytes))?;
    Ok((file, kept))
}

fn is_report(mut file: &File) -> io::Result<bool> {
    let mut beginning = Vec::new();
    file.take(BEGINNING.len() as u64)
        .read_to_end(&mut beginning)?;
    file.rewind()?;
    Ok(beginning == BEGINNING)
}

/// Copies the earlier report, as far as it is there, to the beginning of the file. The path comes from the
/// database: what stands there is copied only if it is a report, and written to only if the operator names it, too.
fn take_over(file: &File, earlier: Earlier<'_>) -> io::Result<Extent> {
    let is_there = |source: &File| is_report(source).unwrap_or(false);
    let Some(source) = File::open(earlier.path).ok().filter(is_there) else {
        return Ok(Extent::default());
    };
    let identity = |file: &File| file.metadata().map(|of| (of.dev(), of.ino()));
    let is_same = identity(&source)? == identity(file)?;
    let lines = BufReader::new(source.take(earlier.length));
    if is_same {
        return copy_lines(lines, io::sink());
    }
    let mut target = BufWriter::new(file);
    let copied = copy_lines(lines, &mut target)?;
    target.flush()?;
    file.sync_data()?;
    Ok(copied)
}

/// Copies all lines that are there to their end.
fn copy_lines(mut from: impl BufRead, mut to: impl Write) -> io::Result<Extent> {
    let mut copied = Extent::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        to.write_all(&line)?;
        copied.bytes += line.len() as u64;
        copied.lines += 1;
        line.clear();
    }
    Ok(copied)
}

/// Writes lines down to the disk, and says how many bytes they are.
fn write(file: &mut BufWriter<File>, refused: &[(u64, Refusal)]) -> io::Result<u64> {
    let mut bytes = 0;
    for (line, refusal) in refused {
        let entry = Entry {
            line: *line,
            code: refusal.code(),
            message: refusal.to_string(),
        };
        let entry = serde_json::to_string(&entry)? + "\n";
        file.write_all(entry.as_bytes())?;
        bytes += entry.len() as u64;
    }
    if bytes > 0 {
        file.flush()?;
        file.get_ref().sync_data()?;
    }
    Ok(bytes)
}
