//! The master keys: the only secrets that come from outside the database. Everything kept in the
//! database is sealed under one, and every refresh token is authenticated under one.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    digest, hkdf, hmac,
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

/// Names a master key without telling anything of it: 6 bytes of a digest under a fixed label.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MasterKeyId([u8; MasterKeyId::LENGTH]);

impl MasterKeyId {
    /// Bytes of an id.
    pub const LENGTH: usize = 6;

    /// The id as it stands in tokens and tables.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Reads an id back.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// One master key, with the keys derived from it (HKDF-SHA-256, RFC 5869), one for each purpose.
pub struct MasterKey {
    id: MasterKeyId,
    sealing: LessSafeKey,
    refresh_token_mac: hmac::Key,
    device_token_mac: hmac::Key,
    throttle: hmac::Key,
}

/// The configured master keys: the first one seals and signs, all of them open and verify, so that a
/// key can be replaced without a moment at which something cannot be read.
#[derive(Debug)]
pub struct MasterKeys {
    current: MasterKey,
    older: Vec<MasterKey>,
}

/// Why `AUTH_MASTER_KEYS` cannot be used.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum MasterKeysError {
    /// There is no key at all.
    #[error("no key")]
    Empty,
    /// An entry is not 32 bytes of base64. Entries count from 1.
    #[error("entry {0} is not 32 bytes in base64")]
    Malformed(usize),
    /// Two entries are the same key, or share an id.
    #[error("entry {0} repeats an earlier one")]
    Repeated(usize),
}

/// Why something could not be unsealed.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// It was sealed under a key that is not configured.
    #[error("sealed under a master key that is not among AUTH_MASTER_KEYS")]
    UnknownMasterKey,
    /// It was altered, or belongs elsewhere.
    #[error("the seal is broken")]
    Broken,
}

impl MasterKeys {
    /// Reads base64 keys of 32 bytes each, separated by commas or ends of lines.
    ///
    /// # Errors
    ///
    /// A [`MasterKeysError`], which names the entry and shows nothing of it.
    pub fn parse(text: &str) -> Result<Self, MasterKeysError> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for (index, entry) in text
            .split([',', '\n'])
            .map(str::trim)
            .filter(|e| !e.is_empty())
            .enumerate()
        {
            let position = index + 1;
            let bytes = Zeroizing::new(
                STANDARD
                    .decode(entry)
                    .map_err(|_| MasterKeysError::Malformed(position))?,
            );
            let key = MasterKey::derive(&bytes).ok_or(MasterKeysError::Malformed(position))?;
            if keys.iter().any(|earlier| earlier.id == key.id) {
                return Err(MasterKeysError::Repeated(position));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(MasterKeysError::Empty);
        }
        let current = keys.remove(0);
        Ok(Self {
            current,
            older: keys,
        })
    }

    /// The key that seals and signs.
    #[must_use]
    pub fn current(&self) -> &MasterKey {
        &self.current
    }

    /// The configured key of that id.
    #[must_use]
    pub fn find(&self, id: MasterKeyId) -> Option<&MasterKey> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id == id)
    }

    /// Opens what [`MasterKey::seal`] made under any of the configured keys.
    ///
    /// # Errors
    ///
    /// An [`UnsealError`].
    pub fn unseal(
        &self,
        master_key_id: &[u8],
        sealed: &[u8],
        associated_data: &str,
    ) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        MasterKeyId::from_bytes(master_key_id)
            .and_then(|id| self.find(id))
            .ok_or(UnsealError::UnknownMasterKey)?
            .unseal(sealed, associated_data)
    }
}

impl MasterKey {
    const LENGTH: usize = 32;

    fn derive(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::LENGTH {
            return None;
        }
        let pseudorandom_key = hkdf::Salt::new(hkdf::HKDF_SHA256, b"latchkey").extract(bytes);
        let sealing_key = pseudorandom_key
            .expand(&[b"sealing v1"], &aead::AES_256_GCM)
            .ok()?;
        let mac_key = |purpose: &[u8]| {
            pseudorandom_key
                .expand(&[purpose], hmac::HMAC_SHA256)
                .ok()
                .map(hmac::Key::from)
        };
        let mut labelled = Zeroizing::new(b"latchkey master key id".to_vec());
        labelled.extend_from_slice(bytes);
        let id = digest::digest(&digest::SHA256, &labelled);
        Some(Self {
            id: MasterKeyId::from_bytes(&id.as_ref()[..MasterKeyId::LENGTH])?,
            sealing: LessSafeKey::new(UnboundKey::from(sealing_key)),
            refresh_token_mac: mac_key(b"refresh token v1")?,
            device_token_mac: mac_key(b"device token v1")?,
            throttle: mac_key(b"throttle v1")?,
        })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> MasterKeyId {
        self.id
    }

    /// The key that authenticates refresh tokens (HMAC-SHA-256).
    #[must_use]
    pub fn refresh_token_mac(&self) -> &hmac::Key {
        &self.refresh_token_mac
    }

    /// The key that authenticates device tokens (HMAC-SHA-256).
    #[must_use]
    pub fn device_token_mac(&self) -> &hmac::Key {
        &self.device_token_mac
    }

    /// The key that hides who is throttled from readers of the database (HMAC-SHA-256).
    #[must_use]
    pub fn throttle(&self) -> &hmac::Key {
        &self.throttle
    }

    /// Seals `plaintext` with AES-256-GCM: nonce, ciphertext, tag. The associated data says what it
    /// is, so that a sealed value cannot be put in another one's place.
    ///
    /// # Errors
    ///
    /// Only where the system gives no randomness.
    pub fn seal(
        &self,
        plaintext: &[u8],
        associated_data: &str,
    ) -> Result<Vec<u8>, ring::error::Unspecified> {
        let mut nonce = [0; aead::NONCE_LEN];
        SystemRandom::new().fill(&mut nonce)?;
        let mut ciphertext = plaintext.to_vec();
        self.sealing.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated_data.as_bytes()),
            &mut ciphertext,
        )?;
        Ok([nonce.as_slice(), &ciphertext].concat())
    }

    fn unseal(
        &self,
        sealed: &[u8],
        associated_data: &str,
    ) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let (nonce, ciphertext) = sealed
            .split_at_checked(aead::NONCE_LEN)
            .ok_or(UnsealError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| UnsealError::Broken)?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .sealing
            .open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut buffer)
            .map_err(|_| UnsealError::Broken)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn the_first_key_is_current_and_the_others_still_open() {
        let before = MasterKeys::parse(&key(1)).unwrap();
        let sealed = before.current().seal(b"secret", "what").unwrap();
        let after = MasterKeys::parse(&format!("{}, {}", key(2), key(1))).unwrap();
        assert_ne!(before.current().id(), after.current().id());
        let id = before.current().id();
        assert_eq!(
            *after.unseal(id.as_bytes(), &sealed, "what").unwrap(),
            b"secret"
        );
    }

    #[test]
    fn what_was_sealed_opens_only_whole_and_in_its_own_place() {
        let keys = MasterKeys::parse(&key(1)).unwrap();
        let id = keys.current().id();
        let sealed = keys.current().seal(b"secret", "here").unwrap();
        assert!(matches!(
            keys.unseal(id.as_bytes(), &sealed, "there"),
            Err(UnsealError::Broken)
        ));
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert!(keys.unseal(id.as_bytes(), &altered, "here").is_err());
        }
        assert!(keys.unseal(id.as_bytes(), &sealed[..4], "here").is_err());
        assert!(matches!(
            keys.unseal(&[0; 6], &sealed, "here"),
            Err(UnsealError::UnknownMasterKey)
        ));
    }

    #[test]
    fn unusable_lists_are_refused_by_position() {
        assert_eq!(MasterKeys::parse("").unwrap_err(), MasterKeysError::Empty);
        assert_eq!(
            MasterKeys::parse(" , ").unwrap_err(),
            MasterKeysError::Empty
        );
        let short = STANDARD.encode([1; 31]);
        let list = format!("{},{short}", key(1));
        assert_eq!(
            MasterKeys::parse(&list).unwrap_err(),
            MasterKeysError::Malformed(2)
        );
        assert_eq!(
            MasterKeys::parse("not base64").unwrap_err(),
            MasterKeysError::Malformed(1)
        );
        let list = format!("{},{}", key(1), key(1));
        assert_eq!(
            MasterKeys::parse(&list).unwrap_err(),
            MasterKeysError::Repeated(2)
        );
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let printed = format!("{:?}", MasterKeys::parse(&key(7)).unwrap());
        assert!(
            !printed.contains("7, 7") && !printed.contains(&key(7)),
            "{printed}"
        );
    }
}
