//! Walking through a list by the ids of its entries (UUID v7), from the newest to the oldest, page by page.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use shared_claims::actix::FieldError;
use uuid::Uuid;

/// A position in a list: before the first entry that is older than the one the cursor was made of. Entries
/// that come or go meanwhile neither repeat nor hide others.
///
/// On the wire it is the id of that entry in base64url, which clients have no need to know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor(Uuid);

/// A text that is no cursor of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("This is not the next_cursor of an earlier page.")]
pub struct InvalidCursor;

impl Cursor {
    /// Before the newest entry.
    pub const START: Self = Self(Uuid::max());

    /// Behind the entry of this id.
    #[must_use]
    pub fn after(id: Uuid) -> Self {
        Self(id)
    }

    /// Reads a cursor; each has one spelling.
    ///
    /// # Errors
    ///
    /// [`InvalidCursor`].
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        Uuid::from_slice(&bytes)
            .map(Self)
            .map_err(|_| InvalidCursor)
    }

    /// What the ids of the entries behind it are less than.
    #[must_use]
    pub fn bound(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

/// How many entries a page has at the most: 1 to 100, `DEFAULT` unless asked otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageSize<const DEFAULT: u8>(u8);

/// A text that is no page size.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("A page has 1 to 100 entries.")]
pub struct InvalidPageSize;

impl<const DEFAULT: u8> PageSize<DEFAULT> {
    /// The largest page.
    pub const MAX: u8 = 100;

    /// The size of that.
    pub const LARGEST: Self = Self(Self::MAX);

    /// Reads a page size in decimal digits.
    ///
    /// # Errors
    ///
    /// [`InvalidPageSize`].
    pub fn parse(text: &str) -> Result<Self, InvalidPageSize> {
        text.parse()
            .ok()
            .filter(|number| (1..=Self::MAX).contains(number) && !text.starts_with(['+', '0']))
            .map(Self)
            .ok_or(InvalidPageSize)
    }

    /// How many to look for, to know whether there is another page.
    #[must_use]
    pub fn one_more(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// The number of entries.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

impl<const DEFAULT: u8> Default for PageSize<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

/// Some of the entries of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page<T> {
    /// The entries. Where a call looks at a bounded number of rows only, there may be few of them, or none, and a next
    /// page all the same.
    pub entries: Vec<T>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of what was found, of which there may be [one more than fits](PageSize::one_more). `seen_from` is
    /// the id from which on everything was looked at; `None` where that is all there is.
    pub fn cut<const DEFAULT: u8>(
        mut entries: Vec<T>,
        size: PageSize<DEFAULT>,
        id: impl Fn(&T) -> Uuid,
        seen_from: Option<Uuid>,
    ) -> Self {
        let fits = usize::from(size.number());
        let next = if entries.len() > fits {
            entries.truncate(fits);
            entries.last().map(id)
        } else {
            seen_from
        };
        Self {
            entries,
            next: next.map(Cursor::after),
        }
    }

    /// The cursor as clients send it.
    #[must_use]
    pub fn next_cursor(&self) -> Option<String> {
        self.next.map(|cursor| cursor.to_string())
    }
}

impl From<InvalidPageSize> for FieldError {
    fn from(error: InvalidPageSize) -> Self {
        Self::new("limit", "out_of_range", error.to_string())
    }
}

impl From<InvalidCursor> for FieldError {
    fn from(error: InvalidCursor) -> Self {
        Self::new("cursor", "invalid", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was(bytes: [u8; 16]) {
            let cursor = Cursor::after(Uuid::from_bytes(bytes));
            prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }

        #[test]
        fn a_cursor_has_one_spelling(text in "[A-Za-z0-9_-]{22}|\\PC{0,30}") {
            if let Ok(cursor) = Cursor::parse(&text) {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }

        #[test]
        fn a_page_size_is_between_1_and_100(number: u16) {
            let parsed = PageSize::<20>::parse(&number.to_string()).map(PageSize::number);
            let expected = (1..=100).contains(&number).then_some(number);
            prop_assert_eq!(parsed.ok().map(u16::from), expected);
        }
    }

    #[test]
    fn what_is_no_page_size_is_refused() {
        for text in [
            "", "+5", "05", " 5", "5 ", "1e1", "-1", "5.0", "٥", "256", "twenty",
        ] {
            assert_eq!(
                PageSize::<20>::parse(text),
                Err(InvalidPageSize),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let start = Cursor::START.to_string();
        assert_eq!(start, "_____________________w");
        for text in [
            "",
            "a",
            &format!("{start}=="),
            "_____________________x",
            &start[1..],
        ] {
            assert_eq!(Cursor::parse(text), Err(InvalidCursor), "{text:?}");
        }
    }
}
