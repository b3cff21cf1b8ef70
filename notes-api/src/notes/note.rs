//! A note, as it was read from the database.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::version::Version;

/// A note.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// Its name for good.
    pub id: NoteId,
    /// What its owner called it.
    pub title: String,
    /// What its owner wrote.
    pub body: String,
    /// How often it was written.
    pub version: Version,
    /// When it was first written, by the database's clock.
    pub created_at: DateTime<Utc>,
    /// When it was last written, by the database's clock.
    pub updated_at: DateTime<Utc>,
}

/// The id of a note: a UUID v7, so that a newer note has a greater id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoteId(Uuid);

impl NoteId {
    /// The id of a new note.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// Reads an id in its usual form, 32 hexadecimal digits in five groups. Of the other forms that
    /// a UUID is written in none is a note's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const HYPHENATED: usize = 36;
        (text.len() == HYPHENATED)
            .then(|| Uuid::try_parse(text).ok())
            .flatten()
            .map(Self)
    }

    /// The id as a UUID.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl Default for NoteId {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Uuid> for NoteId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for NoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_form() {
        let id = NoteId::new();
        let text = id.to_string();
        assert_eq!(NoteId::parse(&text), Some(id));
        assert_eq!(NoteId::parse(&text.to_uppercase()), Some(id));
        let others = [
            String::new(),
            id.as_uuid().simple().to_string(),
            id.as_uuid().braced().to_string(),
            id.as_uuid().urn().to_string(),
            format!("{text} "),
            text.replace('-', "_"),
            text.replace(|c: char| c.is_ascii_digit(), "x"),
        ];
        for other in others {
            assert_eq!(NoteId::parse(&other), None, "{other}");
        }
    }
}
