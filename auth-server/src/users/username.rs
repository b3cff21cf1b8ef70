//! Usernames.

use std::fmt;

/// A username in its only spelling: 3–32 of `a–z 0–9 _ . -`, lower-case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Username(String);

/// Why a text is no username.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UsernameError {
    /// Shorter than 3 or longer than 32 characters.
    #[error("A username has 3 to 32 characters.")]
    Length,
    /// A character outside the set. Letters outside ASCII are refused before any case mapping, some
    /// of which would turn them into ASCII ones (the dotless ı, the Kelvin sign).
    #[error("A username consists of the letters a to z, digits, and the signs _ . -")]
    Character,
}

impl Username {
    /// Reads a username; capital letters become small ones.
    ///
    /// # Errors
    ///
    /// A [`UsernameError`].
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        if !(3..=32).contains(&text.chars().count()) {
            return Err(UsernameError::Length);
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        {
            return Err(UsernameError::Character);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn capitals_become_small_and_look_alikes_are_refused() {
        assert_eq!(Username::parse("Ada.L-1_x").unwrap().as_str(), "ada.l-1_x");
        for text in [
            "adaı",
            "\u{212A}elvin",
            "ａda",
            "ada lovelace",
            "a@b",
            "ada\0",
            "ada\n",
        ] {
            assert_eq!(
                Username::parse(text),
                Err(UsernameError::Character),
                "{text:?}"
            );
        }
        for text in ["", "ab", &"a".repeat(33)] {
            assert_eq!(
                Username::parse(text),
                Err(UsernameError::Length),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_username_parses_to_itself(text in "\\PC{0,40}") {
            if let Ok(username) = Username::parse(&text) {
                prop_assert_eq!(Username::parse(username.as_str()), Ok(username.clone()));
                prop_assert!(username.as_str().is_ascii());
            }
        }
    }
}
