//! Reading notes.

use diesel::PgConnection;
use service_runtime::database::Database;

use super::{
    failure::Failure,
    note::{Note, NoteId},
    owner::Owner,
    page::{Cursor, Page, PageSize},
    search_query::SearchQuery,
    store,
};

/// Which of a person's notes to list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// Only those that have these words.
    pub search: Option<SearchQuery>,
    /// How many at the most.
    pub size: PageSize,
    /// From where on.
    pub start: Cursor,
}

/// Lists a person's notes, the newest first.
///
/// # Errors
///
/// A [`Failure`].
pub async fn list(database: &Database, owner: Owner, listing: Listing) -> Result<Page, Failure> {
    let list = move |connection: &mut PgConnection| {
        let Listing {
            search,
            size,
            start,
        } = listing;
        Ok(store::list(
            connection,
            &owner,
            search.as_ref(),
            size,
            start,
        )?)
    };
    database.run(list).await
}

/// Why a note is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// The person has no such note, be it that nobody has.
    #[error("no such note")]
    NotFound,
    /// The database did not do its part.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Shows a person's note.
///
/// # Errors
///
/// A [`ShowError`].
pub async fn show(database: &Database, owner: Owner, id: NoteId) -> Result<Note, ShowError> {
    let find =
        move |connection: &mut PgConnection| Ok::<_, Failure>(store::find(connection, &owner, id)?);
    database.run(find).await?.ok_or(ShowError::NotFound)
}
