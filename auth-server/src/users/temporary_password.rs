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
    /// Makes one up.
    ///
    /// # Errors
    ///
    /// The system gave no randomness.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut random = [0; GROUPS * GROUP_LENGTH];
        SystemRandom::new().fill(&mut random)?;
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
        let groups: Vec<String> = random
            .chunks(GROUP_LENGTH)
            .map(|group| group.iter().map(letter).collect())
            .collect();
        Ok(Self(SecretString::from(groups.join("-"))))
    }

    /// The text, for whoever hands it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The text, for hashing.
    #[must_use]
    pub fn to_secret(&self) -> SecretString {
        self.0.clone()
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
    fn they_differ_and_are_accepted_as_passwords() {
        let one = TemporaryPassword::generate().unwrap();
        let other = TemporaryPassword::generate().unwrap();
        assert_ne!(one.expose(), other.expose());
        for password in [one, other] {
            assert_eq!(password.expose().len(), 23);
            assert!(!format!("{password:?}").contains(password.expose()));
            assert!(NewPassword::accept(password.to_secret(), &["ada"]).is_ok());
        }
    }
}
