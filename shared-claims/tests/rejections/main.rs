//! Every way of getting past the verifier that we know of, one row per attack, each truly signed
//! where a signature is not the point; and for each family a token that has to pass, so that no
//! row is refused for another reason than its own.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod algorithm;
mod cache;
mod claims;
mod feed;
mod header;
mod instant;
mod keys;
mod published;
#[path = "../support/revocation_document.rs"]
mod revocation_document;
mod revoked;
mod signature_only;
mod structure;
#[path = "../support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use shared_claims::{LocalKeys, Policy, VerifiedClaims, Verifier, VerifyError};

use support::{AUDIENCE, ISSUER, Issuer};

/// The instant of all these tests.
const NOW: i64 = 1_800_000_000;

/// The issuer whom the verifier trusts.
fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(Issuer::generate)
}

/// An issuer whom it does not.
fn stranger() -> &'static Issuer {
    static STRANGER: OnceLock<Issuer> = OnceLock::new();
    STRANGER.get_or_init(Issuer::generate)
}

fn claims() -> Value {
    support::claims(NOW - 60)
}

/// Good claims with one member changed, or added.
fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

/// The header of a good token.
fn header() -> Value {
    json!({"alg": "RS256", "typ": "at+jwt", "kid": issuer().kid})
}

/// A good header with one member changed, or added.
fn header_with(name: &str, value: Value) -> Value {
    let mut header = header();
    header[name] = value;
    header
}

fn verifier() -> Verifier {
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    Verifier::new(Policy::new(ISSUER, AUDIENCE), keys)
}

fn verify(token: &str) -> Result<VerifiedClaims, VerifyError> {
    verifier().verify(token, NOW)
}

#[track_caller]
fn refused(attack: &str, token: &str, error: VerifyError) {
    assert_eq!(verify(token).unwrap_err(), error, "{attack}");
}

/// A token that has to pass: ours says so, and so does a library that we did not write.
#[track_caller]
fn accepted(control: &str, token: &str) {
    let claims = verify(token).unwrap_or_else(|error| panic!("{control}: {error}"));
    let jwks = serde_json::to_value(issuer().key_set().to_jwks()).unwrap();
    let (n, e) = (&jwks["keys"][0]["n"], &jwks["keys"][0]["e"]);
    let key = DecodingKey::from_rsa_components(n.as_str().unwrap(), e.as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    let witness = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap();
    assert_eq!(witness.claims["sub"], claims.sub, "{control}");
    assert_eq!(witness.claims["exp"], claims.exp, "{control}");
}

#[test]
fn a_good_token_passes() {
    let claims = verify(&issuer().mint(&claims())).unwrap();
    assert_eq!(serde_json::to_value(&*claims).unwrap(), self::claims());
    accepted("plain", &issuer().mint(&self::claims()));
}

#[test]
fn without_keys_nothing_is_said_about_a_token() {
    let verifier = Verifier::new(
        Policy::new(ISSUER, AUDIENCE),
        Arc::new(LocalKeys::default()),
    );
    for token in [issuer().mint(&claims()), "rubbish".to_owned()] {
        assert_eq!(
            verifier.verify(&token, NOW),
            Err(VerifyError::KeysUnavailable)
        );
    }
}

#[test]
fn no_error_quotes_the_token() {
    let canary = "canary-7f3a";
    for token in [
        issuer().mint(&claims_with("exp", json!(canary))),
        issuer().sign(&header_with("kid", json!(canary)).to_string(), canary),
        issuer().sign(canary, canary),
    ] {
        let error = verify(&token).unwrap_err();
        assert!(!format!("{error} {error:?} {}", error.code()).contains("canary"));
    }
}
