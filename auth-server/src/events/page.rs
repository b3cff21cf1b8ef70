//! Walking through a person's events, page by page, the newest first.

use service_runtime::page;

use super::store::Recorded;

pub use service_runtime::page::Cursor;

/// How many events a page has at the most: 50 unless asked otherwise.
pub type PageSize = page::PageSize<50>;

/// Some of a person's events, the newest first.
pub type Page = page::Page<Recorded>;
