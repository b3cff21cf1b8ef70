//! `auth-server users import`

mod told;

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ring::digest;
use told::Told;

use crate::{
    commands::{CommandError, Outcome, answer::answer, connect},
    config::ImportSettings,
    keys::key_ring::known_peppers,
    transfer::{
        format::Format,
        import::{Order, import},
    },
    users::password_hash::foreign::Acceptance,
};

/// Imports people.
///
/// # Errors
///
/// [`CommandError::Incomplete`] where lines were refused; otherwise why it did not come to the end.
pub(super) fn run(settings: ImportSettings, out: &mut impl Write) -> Outcome {
    let started = Instant::now();
    let from_stdin = settings.file.as_os_str() == "-";
    let format = settings.format.or_else(|| Format::of_file(&settings.file));
    let format = format.ok_or_else(|| {
        CommandError::Usage(
            "the name of the file does not tell its format: say --format".to_owned(),
        )
    })?;
    let file = if from_stdin {
        spooled()
    } else {
        File::open(&settings.file)
    };
    let mut file = file.map_err(|error| {
        let what = format!("{}: {error}", settings.file.display());
        CommandError::Failed(what.into())
    })?;
    let (digest, length) = digest_of(&mut file)?;
    let master_keys = settings.master_keys.read_if_given()?;
    let mut connection = connect(settings.settings.database)?;
    let peppers = match master_keys {
        Some(master_keys) => known_peppers(&mut connection, &master_keys)?,
        None => None,
    };
    let report = settings
        .report
        .unwrap_or_else(|| report_beside(&settings.file, settings.dry_run));
    let order = Order {
        file,
        digest: digest.as_ref(),
        format,
        hashes: Acceptance {
            greatest_cost: settings.passwords.bcrypt_cost,
            peppers,
        },
        without_password: settings.allow_no_password,
        again: settings.again,
        dry_run: settings.dry_run,
        report: &report,
    };
    let bar = progress_bar(length);
    let summary = import(&mut connection, order, &mut |bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    let summary = summary?;
    let refused = summary.tally.refused;
    let told = Told::new(summary, settings.dry_run, started.elapsed());
    answer(out, settings.settings.json, &told, || told.as_text())?;
    match refused {
        0 => Ok(()),
        refused => Err(CommandError::Incomplete(format!(
            "lines refused: {refused}"
        ))),
    }
}

/// Standard input in a file, since it is read twice: once for its digest. The file has no name, and is gone with
/// this process.
fn spooled() -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut io::stdin().lock(), &mut file)?;
    file.rewind()?;
    Ok(file)
}

/// SHA-256 of a file, and how long it is.
fn digest_of(file: &mut File) -> io::Result<(digest::Digest, u64)> {
    let mut context = digest::Context::new(&digest::SHA256);
    let (mut buffer, mut length) = (vec![0; 1 << 16], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((context.finish(), length));
        }
        context.update(&buffer[..read]);
        length += read as u64;
    }
}

fn report_beside(file: &Path, dry_run: bool) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(if dry_run {
        ".dry-run.jsonl"
    } else {
        ".refused.jsonl"
    });
    name.into()
}

/// Drawn where standard error is a terminal, and nowhere else.
fn progress_bar(length: u64) -> ProgressBar {
    const LOOK: &str = "{bar:40} {percent}% of {total_bytes}, {eta} left";
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(LOOK) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
