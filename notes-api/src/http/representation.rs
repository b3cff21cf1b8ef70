//! How notes look on the wire.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{CACHE_CONTROL, ETAG, HeaderValue},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::entity_tag;
use crate::notes::{note::Note, page::Page, version::Version};

/// A note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub(super) struct NoteResponse {
    /// Its name for good.
    #[schema(example = "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b")]
    id: Uuid,
    /// What its owner called it.
    #[schema(example = "Shopping")]
    title: String,
    /// What its owner wrote.
    #[schema(example = "Milk, eggs, and a birthday card.")]
    body: String,
    /// How often it was written, from 1; in quotes, its entity tag.
    #[schema(example = 1, minimum = 1)]
    version: i64,
    /// When it was first written (RFC 3339, UTC).
    #[schema(example = "2026-11-21T08:00:00.123456Z")]
    created_at: DateTime<Utc>,
    /// When it was last written (RFC 3339, UTC).
    #[schema(example = "2026-11-21T08:00:00.123456Z")]
    updated_at: DateTime<Utc>,
}

impl From<Note> for NoteResponse {
    fn from(note: Note) -> Self {
        Self {
            id: note.id.as_uuid(),
            title: note.title,
            body: note.body,
            version: note.version.number(),
            created_at: note.created_at,
            updated_at: note.updated_at,
        }
    }
}

/// Some of the caller's notes, whole, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotePage {
    /// The notes. There may be fewer than asked for where bodies are long.
    notes: Vec<NoteResponse>,
    /// What to send as `cursor` for the next page; `null` on the last one.
    #[schema(example = "AZpbLnxNfo-aCxwtPk9aaw", required = true)]
    next_cursor: Option<String>,
}

impl From<Page> for NotePage {
    fn from(page: Page) -> Self {
        Self {
            notes: page.notes.into_iter().map(NoteResponse::from).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// A browser may keep a note, for its person alone, but has to ask each time whether it is still
/// good: that is what the entity tag is for.
const KEPT_AND_REVALIDATED: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Answers with a note.
pub(super) fn note(mut response: HttpResponseBuilder, note: Note) -> HttpResponse {
    response
        .insert_header((ETAG, entity_tag::of(note.version)))
        .insert_header((CACHE_CONTROL, KEPT_AND_REVALIDATED))
        .json(NoteResponse::from(note))
}

/// Answers that the note is still the one that the client has (RFC 9110 §15.4.5).
pub(super) fn not_modified(version: Version) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((ETAG, entity_tag::of(version)))
        .insert_header((CACHE_CONTROL, KEPT_AND_REVALIDATED))
        .finish()
}

/// Answers with a page of notes.
pub(super) fn page(page: Page) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, KEPT_AND_REVALIDATED))
        .json(NotePage::from(page))
}
