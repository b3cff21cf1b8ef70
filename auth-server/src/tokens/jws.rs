//! Signing: JSON Web Signatures in compact form (RFC 7515 section 3.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{failure::Failure, keys::signing_key::SigningKey};

/// Signs claims as a token of this type (RS256). This computes for half a millisecond or more: not on a
/// worker.
///
/// # Errors
///
/// [`Failure::Signing`].
pub fn sign(typ: &str, claims: &impl Serialize, key: &SigningKey) -> Result<String, Failure> {
    let payload = serde_json::to_vec(claims).map_err(|_| Failure::Signing)?;
    let header = format!(r#"{{"alg":"RS256","typ":"{typ}","kid":"{}"}}"#, key.kid());
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}
