//! Walking through a person's events, page by page.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::store::Recorded;

/// A position in the list of a person's events, which goes from the newest to the oldest: behind the event
/// whose id it is. Events that are added or forgotten meanwhile neither repeat nor hide others.
///
/// On the wire it is that id in base64url, which clients have no need to know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor(Uuid);

/// A text that is no cursor of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("This is not the next_cursor of an earlier page.")]
pub struct InvalidCursor;

impl Cursor {
    /// Before the newest event.
    pub const START: Self = Self(Uuid::max());

    /// Behind this event.
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

    /// What the ids of the events behind it are less than.
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

/// How many events a page has at the most: 1 to 100, 50 unless asked otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageSize(u8);

/// A text that is no page size.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("A page has 1 to 100 events.")]
pub struct InvalidPageSize;

impl PageSize {
    /// The largest page.
    pub const MAX: u8 = 100;

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

    /// The number of events.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

/// Some of a person's events, the newest first.
#[derive(Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<Recorded>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<Cursor>,
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
            let parsed = PageSize::parse(&number.to_string()).map(PageSize::number);
            let expected = (1..=100).contains(&number).then_some(number);
            prop_assert_eq!(parsed.ok().map(u16::from), expected);
        }
    }

    #[test]
    fn a_page_size_has_one_spelling() {
        for text in ["", "+5", "05", " 5", "5 ", "1e1", "-1", "5.0", "٥", "256"] {
            assert_eq!(PageSize::parse(text), Err(InvalidPageSize), "{text:?}");
        }
    }
}
