//! The table of notes: every query.

mod rows;
mod statements;

use diesel::prelude::*;

use self::{
    rows::{ListedRow, Row},
    statements::{Delete, Insert, List, Replace, Target},
};
use super::{
    content::Content,
    idempotency_key::IdempotencyKey,
    note::{Note, NoteId},
    owner::Owner,
    page::{Cursor, Page, PageSize},
    search_query::SearchQuery,
    version::VersionCondition,
};
use crate::schema::notes;

/// Adds a note and returns it. If this person has one of the same key, that one is returned, as it is;
/// of any number of callers with the same key, one adds it.
///
/// # Errors
///
/// The statement's failure.
pub fn insert(
    connection: &mut PgConnection,
    owner: &Owner,
    key: Option<IdempotencyKey>,
    content: &Content,
) -> QueryResult<Note> {
    let statement = Insert {
        id: NoteId::new().as_uuid(),
        owner: owner.as_str(),
        title: content.title.as_str(),
        body: content.body.as_str(),
        idempotency_key: key.map(IdempotencyKey::as_uuid),
    };
    statement.get_result::<Row>(connection).map(Note::from)
}

/// Finds a person's note.
///
/// # Errors
///
/// The statement's failure.
pub fn find(connection: &mut PgConnection, owner: &Owner, id: NoteId) -> QueryResult<Option<Note>> {
    notes::table
        .find(id.as_uuid())
        .filter(notes::owner.eq(owner.as_str()))
        .select(Row::as_select())
        .first(connection)
        .optional()
        .map(|row| row.map(Note::from))
}

/// Whether this is a note of that person.
///
/// # Errors
///
/// The statement's failure.
pub fn exists(connection: &mut PgConnection, owner: &Owner, id: NoteId) -> QueryResult<bool> {
    let note = notes::table
        .find(id.as_uuid())
        .filter(notes::owner.eq(owner.as_str()));
    diesel::select(diesel::dsl::exists(note)).get_result(connection)
}

/// A page of a person's notes, those that have all the words of the search if there is one. It has
/// fewer notes than its size allows where it is the last one, or where their bodies are long.
///
/// # Errors
///
/// The statement's failure.
pub fn list(
    connection: &mut PgConnection,
    owner: &Owner,
    search: Option<&SearchQuery>,
    size: PageSize,
    start: Cursor,
) -> QueryResult<Page> {
    let rows: Vec<ListedRow> = List {
        owner: owner.as_str(),
        bound: start.bound(),
        tsquery: search.map(SearchQuery::to_tsquery),
        limit: size.one_more(),
    }
    .load(connection)?;
    let found = rows.len();
    let notes: Vec<Note> = rows
        .into_iter()
        .take(size.number().into())
        .map_while(ListedRow::into_note)
        .collect();
    let next = notes
        .last()
        .filter(|_| notes.len() < found)
        .map(|last| Cursor::after(last.id.as_uuid()));
    Ok(Page { notes, next })
}

/// Writes a person's note anew and returns it, if its version is what the condition wants. Of any
/// number of callers that want the same version, one gets it.
///
/// # Errors
///
/// The statement's failure. `None` says only that no row fitted; [`exists`] tells why.
pub fn replace(
    connection: &mut PgConnection,
    owner: &Owner,
    id: NoteId,
    content: &Content,
    condition: &VersionCondition,
) -> QueryResult<Option<Note>> {
    let statement = Replace {
        title: content.title.as_str(),
        body: content.body.as_str(),
        target: Target::new(owner, id, condition),
    };
    statement
        .get_result::<Row>(connection)
        .optional()
        .map(|row| row.map(Note::from))
}

/// Deletes a person's note, if its version is what the condition wants.
///
/// # Errors
///
/// The statement's failure. `false` says only that no row fitted; [`exists`] tells why.
pub fn delete(
    connection: &mut PgConnection,
    owner: &Owner,
    id: NoteId,
    condition: &VersionCondition,
) -> QueryResult<bool> {
    let statement = Delete(Target::new(owner, id, condition));
    statement.execute(connection).map(|rows| rows == 1)
}
