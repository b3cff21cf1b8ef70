//! Walking through a person's events, page by page.

use service_runtime::page;

use super::store::Recorded;

pub use service_runtime::page::Cursor;

/// How many events a page has at the most: 50 unless asked otherwise.
pub type PageSize = page::PageSize<50>;

/// Some of a person's events, the newest first.
#[derive(Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<Recorded>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<Cursor>,
}
