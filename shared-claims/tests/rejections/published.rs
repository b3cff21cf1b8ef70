//! What ours publishes.

use serde_json::json;
use shared_claims::KeySet;

use crate::issuer;
use crate::keys::{jwk, read};

#[test]
fn ours_publishes_public_members_only() {
    let names: Vec<String> = jwk().as_object().unwrap().keys().cloned().collect();
    let mut expected = ["kty", "use", "alg", "kid", "n", "e"]
        .map(String::from)
        .to_vec();
    expected.sort_unstable();
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    let document = serde_json::to_value(issuer().key_set().to_jwks()).unwrap();
    assert_eq!(
        document.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["keys"]
    );
    assert_eq!(
        KeySet::from_jwks(document.to_string().as_bytes()).unwrap(),
        issuer().key_set()
    );
}

#[test]
fn a_key_is_named_by_its_thumbprint() {
    // RFC 7638 §3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc\
        _BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2\
        QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We\
        Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let set = read(&[json!({"kty": "RSA", "n": n, "e": "AQAB", "kid": "2011-04-29"})]);
    let key = set.find("2011-04-29").unwrap();
    assert_eq!(
        key.thumbprint(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    assert_eq!(
        issuer().key_set().find(&issuer().kid).unwrap().thumbprint(),
        issuer().kid
    );
}
