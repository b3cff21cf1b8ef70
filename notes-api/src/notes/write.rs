//! Writing notes. Each write is one statement: it happened or it did not.

use diesel::PgConnection;
use service_runtime::database::{Database, DatabaseError};

use super::{
    content::Content,
    failure::Failure,
    idempotency_key::IdempotencyKey,
    note::{Note, NoteId},
    owner::Owner,
    store,
    version::VersionCondition,
};

/// Writes a new note, or finds the one that was written under this key, as it is now.
///
/// # Errors
///
/// A [`Failure`].
pub async fn create(
    database: &Database,
    owner: Owner,
    key: Option<IdempotencyKey>,
    content: Content,
) -> Result<Note, Failure> {
    let insert =
        move |connection: &mut PgConnection| Ok(store::insert(connection, &owner, key, &content)?);
    database.run(insert).await
}

/// Why a note is not changed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The person has no such note, be it that nobody has.
    #[error("no such note")]
    NotFound,
    /// The note has another version than the request wants.
    #[error("the note has another version")]
    OtherVersion,
    /// The database did not do its part.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<DatabaseError> for ChangeError {
    fn from(error: DatabaseError) -> Self {
        Self::Failure(error.into())
    }
}

/// Replaces a person's note, if it has a wanted version.
///
/// # Errors
///
/// A [`ChangeError`].
pub async fn replace(
    database: &Database,
    owner: Owner,
    id: NoteId,
    content: Content,
    condition: VersionCondition,
) -> Result<Note, ChangeError> {
    let replace = move |connection: &mut PgConnection| {
        let replaced = store::replace(connection, &owner, id, &content, &condition);
        match replaced.map_err(Failure::from)? {
            Some(note) => Ok(note),
            None => Err(why_missed(connection, &owner, id)),
        }
    };
    database.run(replace).await
}

/// Deletes a person's note, if it has a wanted version.
///
/// # Errors
///
/// A [`ChangeError`].
pub async fn delete(
    database: &Database,
    owner: Owner,
    id: NoteId,
    condition: VersionCondition,
) -> Result<(), ChangeError> {
    let delete = move |connection: &mut PgConnection| {
        let deleted = store::delete(connection, &owner, id, &condition);
        if deleted.map_err(Failure::from)? {
            Ok(())
        } else {
            Err(why_missed(connection, &owner, id))
        }
    };
    database.run(delete).await
}

/// Why a conditional write met no row. The note may have come to its end since; then it is not
/// found, which is no less true.
fn why_missed(connection: &mut PgConnection, owner: &Owner, id: NoteId) -> ChangeError {
    match store::exists(connection, owner, id) {
        Ok(true) => ChangeError::OtherVersion,
        Ok(false) => ChangeError::NotFound,
        Err(error) => ChangeError::Failure(error.into()),
    }
}
