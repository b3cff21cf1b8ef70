//! Walking through a list of notes, page by page.

use service_runtime::page;

use super::note::Note;

pub use service_runtime::page::Cursor;

/// How many notes a page has at the most: 20 unless asked otherwise.
pub type PageSize = page::PageSize<20>;

/// Some of a person's notes, the newest first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// The notes.
    pub notes: Vec<Note>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<Cursor>,
}
