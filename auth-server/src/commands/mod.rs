//! What the binary does besides serving, for an operator: each command says what came of it. Those that change
//! something do so in one transaction, but for imports.

mod answer;
pub mod events;
pub mod keys;
mod passwords;
pub mod sessions;
pub mod users;

use std::{error::Error, process::ExitCode};

use diesel::PgConnection;
use service_runtime::{database, settings::InvalidSetting};

use crate::{
    administration::Refusal,
    config::ServiceDatabase,
    failure::Failure,
    keys::{administration::AdministrationError as KeyError, key_ring::KeyRingError},
    transfer::{export::ExportError, import::ImportError},
};

/// What a command comes to.
pub type Outcome = Result<(), CommandError>;

/// Why not all was done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It was asked for in the wrong way.
    #[error("{0}")]
    Usage(String),
    /// There is nobody, or nothing, of that name.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be done as things are.
    #[error("{0}")]
    Refused(String),
    /// It came to its end, and left out some of what it was given.
    #[error("{0}")]
    Incomplete(String),
    /// Something that it takes is away or broken.
    #[error(transparent)]
    Failed(Box<dyn Error>),
}

impl CommandError {
    /// What the process exits with, as `--help` tells.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::Refused(_) => 4,
            Self::Incomplete(_) => 5,
        }
        .into()
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchUser | Refusal::NoSuchSession => Self::NotFound(refusal.to_string()),
            Refusal::UsernameTaken
            | Refusal::EmailTaken
            | Refusal::Password(_)
            | Refusal::OwnAccount
            | Refusal::SessionEnded => Self::Refused(refusal.to_string()),
            Refusal::Keys(error) => error.into(),
            Refusal::Failure(failure) => failure.into(),
        }
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NoSuchKey(_) => Self::NotFound(error.to_string()),
            KeyError::NotAKey => Self::Usage(error.to_string()),
            KeyError::TooEarly { .. }
            | KeyError::NotPublished
            | KeyError::NotPending(_)
            | KeyError::AlreadyKnown(_)
            | KeyError::TooMany => Self::Refused(error.to_string()),
            KeyError::Keys(error) => Self::Failed(error.into()),
        }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.into())
    }
}

impl From<KeyRingError> for CommandError {
    fn from(error: KeyRingError) -> Self {
        KeyError::from(error).into()
    }
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::AnotherRuns | ImportError::AnotherFormat(_) => {
                Self::Refused(error.to_string())
            }
            _ => Self::Failed(error.into()),
        }
    }
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<InvalidSetting> for CommandError {
    fn from(error: InvalidSetting) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<diesel::ConnectionError> for CommandError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.into())
    }
}

fn connect(database: ServiceDatabase) -> Result<PgConnection, CommandError> {
    Ok(database::connect(&database.url()?, "auth-server-command")?)
}

/// Says whom was asked for, where nobody was found.
fn nobody(who: &str) -> impl FnOnce(Refusal) -> CommandError {
    move |refusal| match refusal {
        Refusal::NoSuchUser => CommandError::NotFound(format!("nobody is registered as {who}")),
        other => other.into(),
    }
}

/// A part of a list that has another one.
fn more(next: Option<&str>) -> String {
    next.map_or_else(String::new, |cursor| {
        format!("\nThere may be more: --cursor {cursor}")
    })
}
