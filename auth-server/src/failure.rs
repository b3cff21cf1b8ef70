//! What can go wrong through no fault of the caller.

use service_runtime::database::DatabaseError;

use crate::{keys::key_ring::KeyRingError, users::password_hash::HashingError};

/// Something that the auth server depends on failed. Nothing was half done, and the caller may try
/// again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database did not do its part.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The signing keys are not loaded, or none of them is active.
    #[error("no active signing key is loaded")]
    KeysNotLoaded,
    /// Something that is sealed in the database cannot be opened, or nothing be made in its place.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    /// There is no revocation feed, or the database has not confirmed it lately.
    #[error("the database has not confirmed the revocation feed lately")]
    FeedNotConfirmed,
    /// Too many passwords are waiting to be hashed.
    #[error("too many passwords are waiting to be hashed")]
    Overloaded,
    /// Work on another thread did not end: it panicked, or the process is stopping.
    #[error("work on another thread did not end")]
    Cancelled,
    /// The system gave no randomness.
    #[error("no randomness")]
    Randomness(#[from] ring::error::Unspecified),
    /// A password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// An access token could not be signed.
    #[error("signing failed")]
    Signing,
    /// The state of a session changed again and again between two looks at it.
    #[error("the session would not hold still")]
    Contended,
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(DatabaseError::Statement(error))
    }
}
