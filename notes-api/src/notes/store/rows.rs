//! Rows of the table, as they are read.

use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use uuid::Uuid;

use crate::{
    notes::{note::Note, version::Version},
    schema::notes,
};

/// What is read of a row. The order is that of the columns in `statements.rs`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = notes, check_for_backend(Pg))]
pub(super) struct Row {
    id: Uuid,
    title: String,
    body: String,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Note {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            title: row.title,
            body: row.body,
            version: Version::new(row.version),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A row of a list: a row without its body is one that the page has no room for.
#[derive(Queryable)]
pub(super) struct ListedRow {
    id: Uuid,
    title: String,
    body: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl ListedRow {
    /// The note, where the page has room for it.
    pub(super) fn into_note(self) -> Option<Note> {
        Some(Note {
            id: self.id.into(),
            title: self.title,
            body: self.body?,
            version: Version::new(self.version),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
