//! `auth-server users export`

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::{
    commands::{CommandError, Outcome, connect},
    config::ExportSettings,
    keys::key_ring::{KeyRingError, known_peppers},
    transfer::{
        export::{ExportError, export},
        format::Format,
    },
};

/// Exports people.
///
/// # Errors
///
/// Why it did not come to the end; then there is no file, unless it says so.
pub(super) fn run(settings: ExportSettings, out: &mut impl Write) -> Outcome {
    let named = settings.output.as_deref().and_then(Format::of_file);
    let format = settings.format.or(named).unwrap_or(Format::JsonLines);
    let master_keys = if settings.with_password_hashes {
        Some(settings.master_keys.read()?)
    } else {
        None
    };
    let mut connection = connect(settings.database)?;
    let peppers = match master_keys {
        Some(master_keys) => {
            let peppers = known_peppers(&mut connection, &master_keys)?;
            Some(peppers.ok_or(KeyRingError::NoPepper)?)
        }
        None => None,
    };
    let Some(path) = settings.output else {
        let people = export(&mut connection, out, format, peppers.as_ref())?;
        writeln!(io::stderr(), "{people} people are written down.")?;
        return Ok(());
    };
    let file = create(&path).map_err(|error| {
        let what = format!("{}: {error}", path.display());
        CommandError::Failed(what.into())
    })?;
    let written = export(&mut connection, &file, format, peppers.as_ref());
    let written = written.and_then(|people| {
        file.sync_all()?;
        Ok(people)
    });
    match written {
        Ok(people) => {
            writeln!(out, "{people} people are in {}.", path.display())?;
            Ok(())
        }
        Err(error) => Err(removing(&path, error)),
    }
}

/// Removes what was written, and tells why it ended there. Hashes of passwords may stand in what is left.
fn removing(path: &Path, error: ExportError) -> CommandError {
    match fs::remove_file(path) {
        Ok(()) => error.into(),
        Err(cause) => {
            let path = path.display();
            let what = format!(
                "{error}; and {path}, which does not hold everyone, could not be removed: {cause}"
            );
            CommandError::Failed(what.into())
        }
    }
}

/// A file that was not there before, for its owner alone.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}
