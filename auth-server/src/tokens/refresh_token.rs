//! The refresh token: what it holds, how it is written, and how a forged one is told from a real
//! one before any SQL.
//!
//! The payload of the authenticated text (`authenticated_text.rs`) is the handle (16 bytes) and the
//! generation (8). A leak of the database gives no token, because the MAC key is not in it; a leak of
//! the master key gives none, because the handle is random and stands in the session's row only.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize, Zeroizing};

use super::authenticated_text::AuthenticatedText;
use crate::keys::master_key::{MasterKey, MasterKeys};

/// A session's secret: 128 random bits, in its row and its refresh tokens only.
#[derive(Clone, Eq, PartialEq)]
pub struct SessionHandle([u8; SessionHandle::LENGTH]);

impl SessionHandle {
    /// Bytes of a handle.
    pub const LENGTH: usize = 16;

    /// Makes a new one.
    ///
    /// # Errors
    ///
    /// Only where the system gives no randomness.
    pub fn generate() -> Result<Self, ring::error::Unspecified> {
        let mut bytes = [0; Self::LENGTH];
        SystemRandom::new().fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The handle of these bytes, as a session's row holds them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the session store.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for SessionHandle {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionHandle(hidden)")
    }
}

/// How often a session had been rotated when the token was issued.
pub type Generation = i64;

/// An authentic refresh token: its MAC was checked, so this server issued it. Whether it is still
/// good is for the session's row to say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefreshToken {
    /// Which session.
    pub handle: SessionHandle,
    /// Which of its successive tokens.
    pub generation: Generation,
}

const PAYLOAD_LENGTH: usize = SessionHandle::LENGTH + 8;
const FORM: AuthenticatedText<PAYLOAD_LENGTH> = AuthenticatedText {
    prefix: "lkrt_",
    key: MasterKey::refresh_token_mac,
};

impl RefreshToken {
    /// Reads a token that a client presented. Nothing is looked up for one that this server did not
    /// issue.
    #[must_use]
    pub fn authenticate(unverified_token: &str, keys: &MasterKeys) -> Option<Self> {
        let payload = FORM.read(unverified_token, keys)?;
        let (handle, generation) = payload.split_at(SessionHandle::LENGTH);
        Some(Self {
            handle: SessionHandle(handle.try_into().ok()?),
            generation: Generation::from_be_bytes(generation.try_into().ok()?),
        })
    }

    /// Writes the token as the client will present it, under the current master key. The same handle
    /// and generation give the same text, so a repeated answer repeats the token.
    #[must_use]
    pub fn issue(&self, keys: &MasterKeys) -> IssuedRefreshToken {
        let mut payload = Zeroizing::new([0; PAYLOAD_LENGTH]);
        payload[..SessionHandle::LENGTH].copy_from_slice(self.handle.expose());
        payload[SessionHandle::LENGTH..].copy_from_slice(&self.generation.to_be_bytes());
        IssuedRefreshToken(FORM.write(&payload, keys))
    }
}

/// A refresh token on its way to its holder. It does not print.
#[derive(Clone, Eq, PartialEq)]
pub struct IssuedRefreshToken(String);

impl IssuedRefreshToken {
    /// The text, for the answer's cookie or body.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IssuedRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuedRefreshToken(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use base64::{
        Engine,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    use proptest::prelude::*;

    use super::*;

    fn keys(bytes: &[u8]) -> MasterKeys {
        let entries: Vec<String> = bytes
            .iter()
            .map(|byte| STANDARD.encode([*byte; 32]))
            .collect();
        MasterKeys::parse(&entries.join(",")).unwrap()
    }

    fn token(handle: [u8; 16], generation: Generation) -> RefreshToken {
        RefreshToken {
            handle: SessionHandle(handle),
            generation,
        }
    }

    proptest! {
        #[test]
        fn what_was_issued_is_read_back(handle: [u8; 16], generation in 0..i64::MAX) {
            let keys = keys(&[1]);
            let token = token(handle, generation);
            let text = token.issue(&keys);
            prop_assert_eq!(text.expose().len(), FORM.text_length());
            prop_assert_eq!(RefreshToken::authenticate(text.expose(), &keys), Some(token));
        }

        #[test]
        fn one_altered_character_makes_it_a_forgery(
            handle: [u8; 16],
            position in 0..FORM.text_length(),
            replacement in "[ -~]",
        ) {
            let keys = keys(&[1]);
            let text = token(handle, 3).issue(&keys);
            let mut altered = text.expose().to_owned();
            altered.replace_range(position..=position, &replacement);
            prop_assume!(altered != text.expose());
            prop_assert_eq!(RefreshToken::authenticate(&altered, &keys), None);
        }

        #[test]
        fn no_text_makes_it_panic_and_none_passes(text in ".{0,200}") {
            prop_assert_eq!(RefreshToken::authenticate(&text, &keys(&[1])), None);
        }

        #[test]
        fn random_bytes_of_the_right_length_do_not_pass(bytes in prop::collection::vec(any::<u8>(), 63)) {
            let text = format!("lkrt_{}", URL_SAFE_NO_PAD.encode(bytes));
            prop_assert_eq!(RefreshToken::authenticate(&text, &keys(&[1])), None);
        }
    }

    #[test]
    fn a_token_of_an_older_master_key_is_still_read() {
        let text = token([5; 16], 1).issue(&keys(&[1]));
        assert!(RefreshToken::authenticate(text.expose(), &keys(&[2, 1])).is_some());
        assert!(RefreshToken::authenticate(text.expose(), &keys(&[2])).is_none());
    }

    #[test]
    fn neither_handle_nor_token_prints() {
        let token = token([0xAB; 16], 1);
        assert!(!format!("{token:?}").contains("171"));
        assert!(!format!("{:?}", token.issue(&keys(&[1]))).contains("lkrt_"));
    }
}
