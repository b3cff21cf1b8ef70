//! What has to hold for whatever the issuer signs, an access token or the revocation feed, before a
//! word of it is believed.

use std::sync::Arc;

use crate::error::VerifyError;
use crate::jwks::PublicKey;
use crate::jws::{UnverifiedHeader, UnverifiedJws};
use crate::key_set::KeySet;
use crate::revocations::Revocations;
use crate::verifier::MAX_TOKEN_BYTES;

/// To be asked before anything else, so that a long token costs nothing to refuse.
pub(crate) fn check_length(token: &[u8], max_bytes: usize) -> Result<(), VerifyError> {
    if token.len() > max_bytes {
        Err(VerifyError::TokenTooLong)
    } else {
        Ok(())
    }
}

/// The payload of a token of this type, and the key that signed it.
pub(crate) fn open<'k>(
    token: &str,
    typ: &str,
    keys: &'k KeySet,
    revocations: &Revocations,
) -> Result<(Vec<u8>, &'k Arc<PublicKey>), VerifyError> {
    // Parser confusion: three parts, strict base64url, unique header members (see there).
    let jws = UnverifiedJws::parse(token)?;
    let header = &jws.unverified_header;

    // Algorithm confusion: `none`, HS256 with the public key as its secret, PS256.
    check_algorithm(header)?;
    // Cross-JWT confusion: what was signed for one purpose serves no other (RFC 8725 §3.11).
    if header.typ.as_deref() != Some(typ) {
        return Err(VerifyError::WrongType);
    }
    // Extensions that change what the signature means (PyJWT CVE-2026-32597).
    check_extensions(header)?;
    // The key comes from the set by its exact name: the token's own `jwk`, `jku`, `x5u` and
    // `x5c` are not even read, and without a name no key is tried.
    let kid = header.kid.as_deref().filter(|kid| !kid.is_empty());
    let kid = kid.ok_or(VerifyError::MissingKeyId)?;
    // A stolen key. That it is gone from the set is no reason to ask for a newer one.
    if revocations.is_key_revoked(kid) {
        return Err(VerifyError::KeyRevoked);
    }
    let key = keys.find(kid).ok_or(VerifyError::UnknownKey)?;
    check_signature(&jws, key)?;
    Ok((jws.decode_payload()?, key))
}

/// Verifies a signature and nothing else: the seam for test vectors from outside, which are no
/// access tokens. **Never authenticate by it**: it looks neither at `typ` nor at any claim.
///
/// A token without a `kid` is tried with the only key of the set.
///
/// # Errors
/// A [`VerifyError`] about structure, algorithm, extensions, key or signature.
pub fn verify_signature_only(token: &str, keys: &KeySet) -> Result<Vec<u8>, VerifyError> {
    check_length(token.as_bytes(), MAX_TOKEN_BYTES)?;
    let jws = UnverifiedJws::parse(token)?;
    check_algorithm(&jws.unverified_header)?;
    check_extensions(&jws.unverified_header)?;
    let key = match jws.unverified_header.kid.as_deref() {
        Some(kid) => keys.find(kid).ok_or(VerifyError::UnknownKey)?,
        None => keys.only().ok_or(VerifyError::MissingKeyId)?,
    };
    check_signature(&jws, key)?;
    jws.decode_payload()
}

/// The verifier's algorithm, not the token's.
fn check_algorithm(header: &UnverifiedHeader) -> Result<(), VerifyError> {
    match header.alg.as_deref() {
        Some("RS256") => Ok(()),
        _ => Err(VerifyError::UnsupportedAlgorithm),
    }
}

fn check_extensions(header: &UnverifiedHeader) -> Result<(), VerifyError> {
    if header.demands_extension {
        Err(VerifyError::CriticalHeader)
    } else {
        Ok(())
    }
}

fn check_signature(jws: &UnverifiedJws<'_>, key: &PublicKey) -> Result<(), VerifyError> {
    if key.verifies(jws.signing_input.as_bytes(), &jws.signature) {
        Ok(())
    } else {
        Err(VerifyError::BadSignature)
    }
}
