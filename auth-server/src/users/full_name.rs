//! Full names.

use super::one_line::one_line;

/// What a person is called: 1–200 characters of any script, without control characters, trimmed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FullName(String);

/// Why a text is no full name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("A full name has 1 to 200 characters and no control characters.")]
pub struct FullNameError;

impl FullName {
    /// Reads a full name.
    ///
    /// # Errors
    ///
    /// [`FullNameError`].
    pub fn parse(text: &str) -> Result<Self, FullNameError> {
        one_line(text).map(Self).ok_or(FullNameError)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_script_is_welcome_and_control_characters_are_not() {
        assert_eq!(
            FullName::parse("  Ада Лавлейс ").unwrap().as_str(),
            "Ада Лавлейс"
        );
        for text in ["", "   ", "a\0b", "a\nb", &"a".repeat(201)] {
            assert_eq!(FullName::parse(text), Err(FullNameError), "{text:?}");
        }
    }
}
