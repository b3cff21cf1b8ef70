//! What a person writes: title and body.

/// A title: 1 to 200 characters, at least one of them visible, none of them a control character.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Title(String);

/// Why a text is no title.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TitleError {
    /// Empty, or nothing but white space: it could not be seen in a list.
    #[error("A title has at least one visible character.")]
    Blank,
    /// Longer than [`Title::MAX_CHARACTERS`].
    #[error("A title has at most 200 characters.")]
    TooLong,
    /// A control character, such as a line break: a title is one line.
    #[error("A title has no line breaks and no other control characters.")]
    ControlCharacter,
}

impl Title {
    /// The longest title, in Unicode scalar values.
    pub const MAX_CHARACTERS: usize = 200;

    /// Reads a title; it is kept as it is.
    ///
    /// # Errors
    ///
    /// A [`TitleError`].
    pub fn parse(text: String) -> Result<Self, TitleError> {
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(TitleError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(TitleError::ControlCharacter);
        }
        if text.chars().all(char::is_whitespace) {
            return Err(TitleError::Blank);
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A body: up to 100,000 characters of any kind but NUL; it may be empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Body(String);

/// Why a text is no body.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BodyError {
    /// Longer than [`Body::MAX_CHARACTERS`].
    #[error("A body has at most 100000 characters.")]
    TooLong,
    /// U+0000, which Postgres cannot store.
    #[error("A body has no NUL character.")]
    Nul,
}

impl Body {
    /// The longest body, in Unicode scalar values.
    pub const MAX_CHARACTERS: usize = 100_000;

    /// Reads a body; it is kept as it is.
    ///
    /// # Errors
    ///
    /// A [`BodyError`].
    pub fn parse(text: String) -> Result<Self, BodyError> {
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(BodyError::TooLong);
        }
        if text.contains('\0') {
            return Err(BodyError::Nul);
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// All that a person writes of a note.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Content {
    /// The title.
    pub title: Title,
    /// The body.
    pub body: Body,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_have_their_bounds() {
        let cases = [
            ("a", Ok(())),
            (" a ", Ok(())),
            ("日本語 🦀", Ok(())),
            ("", Err(TitleError::Blank)),
            (" \u{a0}\u{3000}", Err(TitleError::Blank)),
            ("a\nb", Err(TitleError::ControlCharacter)),
            ("a\0", Err(TitleError::ControlCharacter)),
            ("a\u{85}", Err(TitleError::ControlCharacter)),
        ];
        for (text, expected) in cases {
            assert_eq!(
                Title::parse(text.to_owned()).map(drop),
                expected,
                "{text:?}"
            );
        }
        assert!(Title::parse("🦀".repeat(200)).is_ok());
        assert_eq!(Title::parse("a".repeat(201)), Err(TitleError::TooLong));
    }

    #[test]
    fn bodies_have_their_bounds() {
        for text in ["", "\n", "\u{1}\t\u{7f}", "a\u{301}"] {
            assert!(Body::parse(text.to_owned()).is_ok(), "{text:?}");
        }
        assert!(Body::parse("🦀".repeat(100_000)).is_ok());
        assert_eq!(Body::parse("a".repeat(100_001)), Err(BodyError::TooLong));
        assert_eq!(Body::parse("a\0b".to_owned()), Err(BodyError::Nul));
    }
}
