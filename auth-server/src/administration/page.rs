//! Walking through all there is, page by page.

use service_runtime::page;

pub use service_runtime::page::{Cursor, Page};

/// How many entries a page has at the most: 50 unless asked otherwise.
pub type PageSize = page::PageSize<50>;
