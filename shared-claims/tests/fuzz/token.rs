//! The compact form: of all that is nearly a token, only what was issued verifies.

use fuzzing::{Outcome, bytes, check};
use proptest::prelude::*;
use serde_json::json;
use shared_claims::verify_signature_only;

use crate::support::{Issuer, claims, encode};
use crate::{NOW, issuer, verifier};

/// Tokens that verify, and others whose parts may end up in them.
fn material() -> (Vec<String>, Vec<String>) {
    let mut other = claims(NOW - 100);
    other["sub"] = json!("somebody else");
    let issued: Vec<String> = [claims(NOW), other.clone()]
        .iter()
        .map(|claims| issuer().mint(claims))
        .collect();
    let stranger = Issuer::generate();
    let header = json!({"alg": "none", "typ": "at+jwt", "kid": issuer().kid}).to_string();
    let unsigned = format!("{}.{}.", encode(&header), encode(claims(NOW).to_string()));
    let forged = [stranger.mint(&claims(NOW)), unsigned];
    (issued.clone(), issued.into_iter().chain(forged).collect())
}

#[test]
fn only_what_was_issued_verifies() {
    let (issued, material) = material();
    let remembering = verifier();
    let forgetful = verifier().with_cache_capacity(0);
    check("access token", &bytes(material), |input| {
        // What is no text comes to no verifier: a header that is not ASCII is refused.
        let token = String::from_utf8_lossy(input);
        let outcome = remembering.verify(&token, NOW);
        prop_assert_eq!(&outcome, &forgetful.verify(&token, NOW));
        prop_assert_eq!(outcome.is_ok(), issued.iter().any(|one| *one == token));
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

#[test]
fn only_what_was_signed_has_a_signature() {
    let (issued, material) = material();
    let keys = issuer().key_set();
    check("signature of outside vectors", &bytes(material), |input| {
        let token = String::from_utf8_lossy(input);
        let outcome = verify_signature_only(&token, &keys);
        prop_assert_eq!(outcome.is_ok(), issued.iter().any(|one| *one == token));
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}
