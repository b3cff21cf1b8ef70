//! What a client calls the request that makes a note.

use uuid::{Uuid, fmt::Hyphenated};

/// A client's own name for the making of one note: a UUID, which it chose before it asked for the first
/// time. Among one person's notes it stands for the note that was made, for as long as there is one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IdempotencyKey(Uuid);

impl IdempotencyKey {
    /// Reads a key in the usual form of a UUID, 32 hexadecimal digits in five groups.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid: Hyphenated = text.parse().ok()?;
        Some(Self(uuid.into_uuid()))
    }

    /// The key as a UUID.
    #[must_use]
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}
