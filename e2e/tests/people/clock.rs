//! The database's clock, by which sessions live: it stands still until a test sets it.
//!
//! Postgres runs under libfaketime, which reads the time from a file whenever Postgres asks for it. The
//! time is a whole second that does not pass by itself, so what the database writes down is what the
//! model of it says, to the second. Two things follow: nothing may be under way while the clock is set,
//! and no timeout of a statement or a lock ever comes, since Postgres asks this clock whether it is due.
//! The clients have timeouts of their own.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Where the libraries of architectures lie.
const LIBRARIES: [&str; 4] = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib"];
const LIBRARY: &str = "faketime/libfaketime.so.1";
/// Any moment will do: 15 January 2027, 8:00 UTC.
const START: i64 = 1_800_000_000;

/// Seconds since the start of a simulation.
pub(crate) type Moment = i64;

/// The clock of one Postgres.
#[derive(Debug)]
pub(crate) struct Clock {
    file: File,
    path: PathBuf,
}

impl Clock {
    /// A clock that stands at the moment 0. It is kept in `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        let path = directory.join("database-clock");
        let file = File::create(&path).unwrap();
        let clock = Self { file, path };
        clock.set(0);
        clock
    }

    /// Sets it.
    pub(crate) fn set(&self, moment: Moment) {
        // All texts are of one length, so that none leaves a rest of another.
        let text = format!("{:010}", epoch(moment));
        self.file.write_all_at(text.as_bytes(), 0).unwrap();
    }

    /// What makes a program go by this clock.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let (library, path) = (library(), self.path.to_str().unwrap());
        let variables = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", path),
            ("FAKETIME_FMT", "%s"),
            ("FAKETIME_NO_CACHE", "1"),
            // Postgres measures its pauses by the other clock, which goes on.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            // Its processes need nothing of each other but the file.
            ("FAKETIME_DISABLE_SHM", "1"),
        ];
        variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }
}

/// Seconds since 1970, as the database sees them.
pub(crate) fn epoch(moment: Moment) -> i64 {
    START + moment
}

fn library() -> PathBuf {
    let architectures = LIBRARIES.iter().flat_map(|parent| {
        let inside = fs::read_dir(parent).into_iter().flatten().flatten();
        inside
            .map(|entry| entry.path())
            .chain([PathBuf::from(parent)])
    });
    architectures
        .map(|directory| directory.join(LIBRARY))
        .find(|path| path.is_file())
        .expect("libfaketime is not installed; scripts/install-packages --tests installs it")
}
