//! What clients send, and the check of all its fields at once.

use serde::Deserialize;
use shared_claims::actix::{FieldError, Problem};
use utoipa::{IntoParams, ToSchema};

use super::error::validation_failed;
use crate::notes::{
    content::{Body, Content, Title},
    page::{Cursor, PageSize},
    read::Listing,
    search_query::SearchQuery,
};

/// All that is written of a note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteContent {
    /// 1 to 200 characters, at least one of them visible, none of them a control character.
    #[schema(
        example = "Shopping",
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"
    )]
    title: String,
    /// Up to 100,000 characters, none of them NUL.
    #[schema(
        example = "Milk, eggs, and a birthday card.",
        max_length = 100_000,
        pattern = r"^[^\x00]*$"
    )]
    body: String,
}

impl NoteContent {
    /// The content, checked.
    ///
    /// # Errors
    ///
    /// 422, naming each field that is wrong.
    pub(super) fn parse(self) -> Result<Content, Problem> {
        let mut errors = Vec::new();
        let title = keep(Title::parse(self.title), &mut errors);
        let body = keep(Body::parse(self.body), &mut errors);
        match (title, body) {
            (Some(title), Some(body)) => Ok(Content { title, body }),
            _ => Err(validation_failed(errors)),
        }
    }
}

/// Which notes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only notes that have all these words, in title or body; of the last word its beginning is
    /// enough. Case does not matter, punctuation separates words. At most 200 characters; without a
    /// word, all notes are listed.
    #[param(max_length = 200, example = "birth")]
    query: Option<String>,
    /// How many notes at the most.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// The `next_cursor` of the page before. It fits any query and any limit.
    #[param(
        min_length = 22,
        max_length = 22,
        pattern = "^[A-Za-z0-9_-]{21}[AQgw]$"
    )]
    cursor: Option<String>,
}

impl ListParameters {
    /// The parameters, checked.
    ///
    /// # Errors
    ///
    /// 422, naming each parameter that is wrong.
    pub(super) fn parse(&self) -> Result<Listing, Problem> {
        let mut errors = Vec::new();
        let search = SearchQuery::parse(self.query.as_deref().unwrap_or_default());
        let search = keep(search, &mut errors);
        let size = self.limit.as_deref().map(PageSize::parse).transpose();
        let size = keep(size, &mut errors);
        let start = self.cursor.as_deref().map(Cursor::parse).transpose();
        let start = keep(start, &mut errors);
        match (search, size, start) {
            (Some(search), Some(size), Some(start)) => Ok(Listing {
                search,
                size: size.unwrap_or_default(),
                start: start.unwrap_or(Cursor::START),
            }),
            _ => Err(validation_failed(errors)),
        }
    }
}

/// Keeps a value, or notes what is wrong with it.
fn keep<T, E: Into<FieldError>>(parsed: Result<T, E>, errors: &mut Vec<FieldError>) -> Option<T> {
    parsed.map_err(|error| errors.push(error.into())).ok()
}
