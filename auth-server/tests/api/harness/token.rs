//! Access tokens, read and made without the server's own code for it.

use auth_server::keys::{
    key_ring::{KeyRing, StoredSecrets},
    master_key::MasterKeys,
    signing_key::SigningKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Database, MASTER_KEY};

/// The header of an access token, not verified.
pub(crate) fn header(tokens: &Value) -> Value {
    part(tokens, 0)
}

/// The claims of an access token, not verified.
pub(crate) fn claims(tokens: &Value) -> Value {
    part(tokens, 1)
}

fn part(tokens: &Value, index: usize) -> Value {
    let token = tokens["access_token"].as_str().unwrap();
    let encoded = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

/// The server's own signing key.
pub(crate) fn active_key(database: &Database) -> SigningKey {
    let master_keys = MasterKeys::parse(MASTER_KEY).unwrap();
    let stored = StoredSecrets::load(&mut database.connect()).unwrap();
    let key_ring = KeyRing::open(&stored, &master_keys).unwrap();
    key_ring.active().clone()
}

/// A token with these claims, truly signed by that key.
pub(crate) fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let mut token = unsigned(header, claims);
    let signature = key.sign(token.as_bytes()).unwrap();
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// A token with these claims and that signature.
pub(crate) fn forge(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let encoded = URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{encoded}", unsigned(header, claims))
}

fn unsigned(header: &Value, claims: &Value) -> String {
    [header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".")
}
