//! The seam for outside vectors: a signature, and nothing of an access token.

use serde_json::{Value, json};
use shared_claims::{KeySet, MAX_TOKEN_BYTES, VerifyError, verify_signature_only};

use crate::keys::{jwk, read, strangers_jwk};
use crate::{claims, header, issuer, stranger};

#[test]
fn a_signature_alone_is_checked_without_type_or_claims() {
    let keys = issuer().key_set();
    let good = issuer().sign(&json!({"alg": "RS256"}).to_string(), [0xff, 0x00]);
    assert_eq!(verify_signature_only(&good, &keys), Ok(vec![0xff, 0x00]));
    let named = issuer().sign(&header().to_string(), claims().to_string());
    assert_eq!(
        verify_signature_only(&named, &keys),
        Ok(claims().to_string().into_bytes())
    );

    let sign = |header: Value| issuer().sign(&header.to_string(), "x");
    for (token, error) in [
        (
            sign(json!({"alg": "RS256", "kid": "x"})),
            VerifyError::UnknownKey,
        ),
        (
            sign(json!({"alg": "PS256"})),
            VerifyError::UnsupportedAlgorithm,
        ),
        (
            sign(json!({"alg": "RS256", "crit": ["exp"]})),
            VerifyError::CriticalHeader,
        ),
        (
            stranger().sign(r#"{"alg":"RS256"}"#, "x"),
            VerifyError::BadSignature,
        ),
        (format!("{good}="), VerifyError::Malformed),
        (".".repeat(MAX_TOKEN_BYTES), VerifyError::Malformed),
        (".".repeat(MAX_TOKEN_BYTES + 1), VerifyError::TokenTooLong),
    ] {
        assert_eq!(verify_signature_only(&token, &keys), Err(error));
    }
    let two = read(&[jwk(), strangers_jwk()]);
    assert_eq!(
        verify_signature_only(&good, &two),
        Err(VerifyError::MissingKeyId)
    );
    assert_eq!(
        verify_signature_only(&good, &KeySet::default()),
        Err(VerifyError::MissingKeyId)
    );
}
