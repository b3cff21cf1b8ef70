//! The peppers: secrets mixed into passwords before bcrypt.
//!
//! They are random and kept sealed in the database rather than derived from a master key, so that a
//! master key can be replaced without a single password being typed again.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

/// Stands in the prefix of each password hash.
pub type PepperId = i16;

/// What a fingerprint is made of. No text begins with this byte, so that it is no password's.
const FINGERPRINTED: &[u8] = b"\xFFfingerprint of a pepper";

/// All peppers that some password may have been hashed with; the highest id is for new hashes.
#[derive(Clone, Debug)]
pub struct Peppers {
    current: (PepperId, hmac::Key),
    older: BTreeMap<PepperId, hmac::Key>,
}

impl Peppers {
    /// Bytes of a pepper.
    pub const SECRET_LENGTH: usize = 48;

    /// Takes the unsealed secrets by id; `None` if there are none.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = (PepperId, &'a [u8])>) -> Option<Self> {
        let mut keys: BTreeMap<PepperId, hmac::Key> = secrets
            .into_iter()
            .map(|(id, secret)| (id, hmac::Key::new(hmac::HMAC_SHA384, secret)))
            .collect();
        let current = keys.pop_last()?;
        Some(Self {
            current,
            older: keys,
        })
    }

    /// The pepper for new hashes.
    #[must_use]
    pub fn current(&self) -> (PepperId, &hmac::Key) {
        (self.current.0, &self.current.1)
    }

    /// The pepper of that id.
    #[must_use]
    pub fn find(&self, id: PepperId) -> Option<&hmac::Key> {
        if id == self.current.0 {
            Some(&self.current.1)
        } else {
            self.older.get(&id)
        }
    }

    /// Names a pepper without telling anything of it: the same everywhere, whatever its number is there.
    #[must_use]
    pub fn fingerprint(&self, id: PepperId) -> Option<String> {
        let tag = hmac::sign(self.find(id)?, FINGERPRINTED);
        Some(URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16]))
    }

    /// The number that the pepper of this fingerprint has here.
    #[must_use]
    pub fn id_of_fingerprint(&self, fingerprint: &str) -> Option<PepperId> {
        let ids = self.older.keys().chain([&self.current.0]);
        ids.copied()
            .find(|id| self.fingerprint(*id).as_deref() == Some(fingerprint))
    }
}
