//! JWK Sets: only keys that stand there, none that is private or ambiguous, and what is published of
//! them reads as the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fuzzing::{Members, Outcome, check, json};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared_claims::{KeySet, PublicKey};

use crate::support::Issuer;

fn document() -> Value {
    let mut document = serde_json::to_value(crate::issuer().key_set().to_jwks()).unwrap();
    let another = serde_json::to_value(Issuer::generate().key_set().to_jwks()).unwrap();
    let keys = document["keys"].as_array_mut().unwrap();
    let mut with_operations = another["keys"][0].clone();
    with_operations["key_ops"] = json!(["verify"]);
    keys.push(with_operations);
    keys.push(json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "curve"}));
    keys.push(json!({"kty": "oct", "k": "AAAA", "kid": "secret"}));
    document
}

#[test]
fn only_sound_keys_that_stand_there_are_taken() {
    check("JWK Set", &json(&document()), |input| {
        let Ok(set) = KeySet::from_jwks(input) else {
            return Ok(Outcome::Refused);
        };
        let written = Members::read(input).unwrap().value("keys");
        let kids: Vec<&str> = set.keys().map(PublicKey::kid).collect();
        for (place, key) in set.keys().enumerate() {
            prop_assert!(!key.kid().is_empty() && !kids[..place].contains(&key.kid()));
            prop_assert_eq!(
                set.find(key.kid()).map(|found| found.thumbprint()),
                Some(key.thumbprint())
            );
            let published = serde_json::to_value(key.jwk()).unwrap();
            let n = URL_SAFE_NO_PAD
                .decode(published["n"].as_str().unwrap())
                .unwrap();
            prop_assert!((256..=1024).contains(&n.len()) && n[0] != 0 && n[n.len() - 1] % 2 == 1);
            // Where a program can hold the document, a second reader finds the key in it.
            if let Some(written) = &written {
                let stands_there = |one: &Value| {
                    ["kid", "n", "e"]
                        .iter()
                        .all(|name| one[*name] == published[*name])
                        && ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
                            .iter()
                            .all(|name| one.get(*name).is_none())
                };
                prop_assert!(written.as_array().unwrap().iter().any(stands_there));
            }
        }
        let again = serde_json::to_vec(&set.to_jwks()).unwrap();
        let again = KeySet::from_jwks(&again).unwrap();
        prop_assert!(again.keys().eq(set.keys()) && again.skipped().is_empty());
        Ok(Outcome::accepted_if(!set.is_empty()))
    });
}
