//! The form that all tokens have which only this server reads:
//!
//! ```text
//! prefix base64url( version 1 | master key id 6 | payload | HMAC-SHA-256 32 )
//! ```
//!
//! The MAC covers all that stands before it, under a key derived from the named master key for this kind
//! of token alone. Nothing is looked up for a text whose MAC is wrong.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use zeroize::Zeroizing;

use crate::keys::master_key::{MasterKey, MasterKeyId, MasterKeys};

/// One kind of token with a payload of `N` bytes.
pub(super) struct AuthenticatedText<const N: usize> {
    /// Names the kind, for people and for scanners of secrets.
    pub(super) prefix: &'static str,
    /// The key of this kind.
    pub(super) key: fn(&MasterKey) -> &hmac::Key,
}

const VERSION: u8 = 1;
const BEFORE_PAYLOAD: usize = 1 + MasterKeyId::LENGTH;
const MAC_LENGTH: usize = 32;

impl<const N: usize> AuthenticatedText<N> {
    const LENGTH: usize = BEFORE_PAYLOAD + N + MAC_LENGTH;

    /// Characters of a token.
    pub(super) const fn text_length(&self) -> usize {
        // Without a remainder, each token has exactly one spelling.
        const { assert!(Self::LENGTH.is_multiple_of(3)) };
        self.prefix.len() + Self::LENGTH / 3 * 4
    }

    /// The payload of a token that this server issued; `None` for any other text.
    pub(super) fn read(
        &self,
        unverified_text: &str,
        keys: &MasterKeys,
    ) -> Option<Zeroizing<[u8; N]>> {
        if unverified_text.len() != self.text_length() {
            return None;
        }
        let encoded = unverified_text.strip_prefix(self.prefix)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
        let (signed, mac) = bytes.split_at_checked(BEFORE_PAYLOAD + N)?;
        let (head, payload) = signed.split_at(BEFORE_PAYLOAD);
        let (version, master_key_id) = head.split_at(1);
        if version != [VERSION] {
            return None;
        }
        let key = keys.find(MasterKeyId::from_bytes(master_key_id)?)?;
        hmac::verify((self.key)(key), signed, mac).ok()?;
        payload.try_into().ok().map(Zeroizing::new)
    }

    /// Writes a token under the current master key. The same payload gives the same text.
    pub(super) fn write(&self, payload: &[u8; N], keys: &MasterKeys) -> String {
        let key = keys.current();
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::LENGTH));
        bytes.push(VERSION);
        bytes.extend_from_slice(key.id().as_bytes());
        bytes.extend_from_slice(payload);
        let mac = hmac::sign((self.key)(key), &bytes);
        bytes.extend_from_slice(mac.as_ref());
        let mut text = String::with_capacity(self.text_length());
        text.push_str(self.prefix);
        URL_SAFE_NO_PAD.encode_string(&*bytes, &mut text);
        text
    }
}
