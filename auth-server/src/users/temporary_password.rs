//! Passwords that are made up for people, who change them at their first login.

use std::fmt;

use ring::{
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};

/// A password of 100 random bits that can be read out and typed: `k7mqz-x2c9p-w4hvt-nb6rd`. It does not print.
#[derive(Clone)]
pub struct TemporaryPassword(SecretString);

/// Five bits each; without what looks alike.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 4;
const GROUP_LENGTH: usize = 5;

impl TemporaryPassword {
    /// The password to hash: the one that was given, or else one that is made up here, which comes with it.
    ///
    /// # Errors
    ///
    /// The system gave no randomness.
    pub fn unless_given(
        given: Option<SecretString>,
    ) -> Result<(SecretString, Option<Self>), Unspecified> {
        if let Some(given) = given {
            return Ok((given, None));
        }
        let made_up = Self::generate()?;
        Ok((made_up.0.clone(), Some(made_up)))
    }

    /// The text, for whoever hands it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn generate() -> Result<Self, Unspecified> {
        let mut random = [0; GROUPS * GROUP_LENGTH];
        SystemRandom::new().fill(&mut random)?;
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
        let groups: Vec<String> = random
            .chunks(GROUP_LENGTH)
            .map(|group| group.iter().map(letter).collect())
            .collect();
        Ok(Self(SecretString::from(groups.join("-"))))
    }
}

impl fmt::Debug for TemporaryPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TemporaryPassword(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::password::NewPassword;

    #[test]
    fn those_made_up_differ_and_are_accepted_as_passwords() {
        let made_up = || TemporaryPassword::unless_given(None).unwrap();
        let ((text, one), (_, other)) = (made_up(), made_up());
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(text.expose_secret(), one.expose());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 23);
        assert!(!format!("{one:?}").contains(one.expose()));
        assert!(NewPassword::accept(text, &["ada"]).is_ok());
    }

    #[test]
    fn what_was_given_is_taken() {
        let given = SecretString::from("correct horse");
        let (text, made_up) = TemporaryPassword::unless_given(Some(given)).unwrap();
        assert_eq!(text.expose_secret(), "correct horse");
        assert!(made_up.is_none());
    }
}
