//! The device token: says that someone has logged in on this device with the password that they still
//! have. It lets nobody in. Guesses from a device that has one are counted apart from everyone else's,
//! so that a stranger who guesses cannot keep the owner out.

use std::fmt;

use chrono::{DateTime, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use super::authenticated_text::AuthenticatedText;
use crate::keys::master_key::{MasterKey, MasterKeys};

/// An authentic device token: its MAC was checked, so this server issued it.
#[derive(Clone, Eq, PartialEq)]
pub struct DeviceToken {
    user_id: Uuid,
    password_changed_at: i64,
    device: DeviceId,
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(hidden)")
    }
}

/// Names a device: random, made at its login.
pub type DeviceId = [u8; 15];

const PAYLOAD_LENGTH: usize = 16 + 8 + 15;
const FORM: AuthenticatedText<PAYLOAD_LENGTH> = AuthenticatedText {
    prefix: "lkdt_",
    key: MasterKey::device_token_mac,
};

impl DeviceToken {
    /// A token for a new device of this person, good as long as they keep the password that they set
    /// at that time: whoever learned it and was given tokens is a stranger again once it is changed.
    ///
    /// # Errors
    ///
    /// Only where the system gives no randomness.
    pub fn generate(
        user_id: Uuid,
        password_changed_at: DateTime<Utc>,
    ) -> Result<Self, ring::error::Unspecified> {
        let mut device = DeviceId::default();
        SystemRandom::new().fill(&mut device)?;
        Ok(Self {
            user_id,
            password_changed_at: password_changed_at.timestamp_micros(),
            device,
        })
    }

    /// Reads a token that a client presented. `None` for one that this server did not issue.
    #[must_use]
    pub fn authenticate(unverified_token: &str, keys: &MasterKeys) -> Option<Self> {
        let payload = FORM.read(unverified_token, keys)?;
        let (user_id, rest) = payload.split_at(16);
        let (password_changed_at, device) = rest.split_at(8);
        Some(Self {
            user_id: Uuid::from_slice(user_id).ok()?,
            password_changed_at: i64::from_be_bytes(password_changed_at.try_into().ok()?),
            device: device.try_into().ok()?,
        })
    }

    /// Whether it is of this person and of the password that they set at that time.
    #[must_use]
    pub fn is_of(&self, user_id: Uuid, password_changed_at: DateTime<Utc>) -> bool {
        self.user_id == user_id
            && self.password_changed_at == password_changed_at.timestamp_micros()
    }

    /// Which device.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Writes the token as the client will present it.
    #[must_use]
    pub fn issue(&self, keys: &MasterKeys) -> IssuedDeviceToken {
        let mut payload = [0; PAYLOAD_LENGTH];
        payload[..16].copy_from_slice(self.user_id.as_bytes());
        payload[16..24].copy_from_slice(&self.password_changed_at.to_be_bytes());
        payload[24..].copy_from_slice(&self.device);
        IssuedDeviceToken(FORM.write(&payload, keys))
    }
}

/// A device token on its way to its device. It does not print.
#[derive(Clone, Eq, PartialEq)]
pub struct IssuedDeviceToken(String);

impl IssuedDeviceToken {
    /// The text, for the answer's cookie.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IssuedDeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuedDeviceToken(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    use super::*;
    use crate::tokens::refresh_token::{RefreshToken, SessionHandle};

    fn keys() -> MasterKeys {
        MasterKeys::parse(&STANDARD.encode([1; 32])).unwrap()
    }

    fn token() -> DeviceToken {
        DeviceToken::generate(Uuid::from_u128(7), DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn what_was_issued_is_read_back() {
        let token = token();
        let text = token.issue(&keys());
        assert_eq!(
            DeviceToken::authenticate(text.expose(), &keys()).as_ref(),
            Some(&token)
        );
        assert!(token.is_of(Uuid::from_u128(7), DateTime::UNIX_EPOCH));
        assert!(!token.is_of(Uuid::from_u128(8), DateTime::UNIX_EPOCH));
        let later = DateTime::from_timestamp_micros(1).unwrap();
        assert!(!token.is_of(Uuid::from_u128(7), later));
    }

    proptest! {
        #[test]
        fn one_altered_character_makes_it_a_forgery(
            position in 0..FORM.text_length(),
            replacement in "[ -~]",
        ) {
            let text = token().issue(&keys());
            let mut altered = text.expose().to_owned();
            altered.replace_range(position..=position, &replacement);
            prop_assume!(altered != text.expose());
            prop_assert_eq!(DeviceToken::authenticate(&altered, &keys()), None);
        }
    }

    #[test]
    fn the_tokens_of_one_kind_are_not_of_the_other() {
        let refresh = RefreshToken {
            handle: SessionHandle::generate().unwrap(),
            generation: 0,
        };
        let renamed = refresh.issue(&keys()).expose().replace("lkrt_", "lkdt_");
        assert_eq!(DeviceToken::authenticate(&renamed, &keys()), None);
        let renamed = token().issue(&keys()).expose().replace("lkdt_", "lkrt_");
        assert_eq!(RefreshToken::authenticate(&renamed, &keys()), None);
    }

    #[test]
    fn no_token_prints() {
        assert_eq!(format!("{:?}", token()), "DeviceToken(hidden)");
        assert!(!format!("{:?}", token().issue(&keys())).contains("lkdt_"));
    }
}
