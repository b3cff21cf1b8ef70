//! The header of a token, truly signed whatever it says.

use fuzzing::{Members, Outcome, check, json};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{claims, encode};
use crate::{NOW, issuer, verifier};

#[test]
fn only_one_kind_of_header_is_accepted() {
    let good = json!({
        "alg": "RS256",
        "typ": "at+jwt",
        "kid": issuer().kid,
        "cty": "x",
        "jwk": {"kty": "RSA"},
    });
    let verifier = verifier().with_cache_capacity(0);
    let payload = claims(NOW).to_string();
    check("JWS header", &json(&good), |header| {
        let header_text = String::from_utf8_lossy(header);
        let token = issuer().sign(&header_text, &payload);
        prop_assert!(token.starts_with(&encode(&*header_text)));
        let outcome = verifier.verify(&token, NOW);
        let accepted = outcome.is_ok();
        prop_assert_eq!(accepted, is_right(header_text.as_bytes(), token.len()));
        Ok(Outcome::accepted_if(accepted))
    });
}

fn is_right(header: &[u8], token_bytes: usize) -> bool {
    let Some(members) = Members::read(header) else {
        return false;
    };
    let says = |name, text: &str| members.value(name) == Some(Value::from(text));
    token_bytes <= shared_claims::MAX_TOKEN_BYTES
        && members.are_unique()
        && says("alg", "RS256")
        && says("typ", "at+jwt")
        && says("kid", &issuer().kid)
        && !members.names().any(|name| name == "crit" || name == "b64")
}
