//! What can go wrong through no fault of the caller.

use service_runtime::database::DatabaseError;

/// The database did not do its part. Nothing was half done, and the caller may try again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Failure(#[from] DatabaseError);

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self(DatabaseError::Statement(error))
    }
}
