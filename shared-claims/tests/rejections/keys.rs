//! Which keys of a JWKS are taken, and what ours publishes.

use aws_lc_rs::signature::KeyPair as _;
use serde_json::{Value, json};
use shared_claims::{JwksError, KeyError, KeySet, MAX_KEYS, PublicKey};

use crate::support::encode;
use crate::{issuer, stranger};

/// The trusted issuer's key as published, under its own name.
pub(crate) fn jwk() -> Value {
    serde_json::to_value(issuer().key_set().to_jwks()).unwrap()["keys"][0].take()
}

pub(crate) fn strangers_jwk() -> Value {
    serde_json::to_value(stranger().key_set().to_jwks()).unwrap()["keys"][0].take()
}

fn jwk_with(name: &str, value: Value) -> Value {
    let mut jwk = jwk();
    jwk[name] = value;
    jwk
}

fn jwk_without(name: &str) -> Value {
    let mut jwk = jwk();
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

pub(crate) fn read(keys: &[Value]) -> KeySet {
    KeySet::from_jwks(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

#[test]
fn usable_keys_are_taken() {
    for key in [
        jwk(),
        jwk_without("use"),
        jwk_without("alg"),
        jwk_with("key_ops", json!(["verify"])),
        jwk_with("key_ops", json!(["encrypt", "verify"])),
        jwk_with("kid", json!("any name")),
        jwk_with("x5c", json!(["MIIB"])),
        jwk_with("unknown", json!({"a": [1]})),
    ] {
        let set = read(std::slice::from_ref(&key));
        assert_eq!(set.skipped(), [], "{key}");
        assert_eq!(set.keys().len(), 1, "{key}");
    }
}

/// Next to a good key, the bad one is left out for this reason and the good one is there.
#[track_caller]
fn only_the_bad_one_is_skipped(name: &str, bad: Value, reason: KeyError) {
    let set = read(&[bad, strangers_jwk()]);
    let skipped: Vec<_> = set
        .skipped()
        .iter()
        .map(|key| (key.index, key.reason))
        .collect();
    assert_eq!(skipped, [(0, reason)], "{name}");
    assert!(set.find(&stranger().kid).is_some(), "{name}");
    assert_eq!(set.keys().len(), 1, "{name}");
}

#[test]
fn a_key_of_unsound_numbers_is_skipped() {
    let public = issuer().pair.public_key();
    let modulus = public.modulus().big_endian_without_leading_zero();
    let mut even = modulus.to_vec();
    *even.last_mut().unwrap() &= 0xfe;
    let padded = format!("{}==", encode(modulus));
    for (name, n, reason) in [
        ("1024 bits", encode([0xff; 128]), KeyError::Size),
        (
            "2047 bits",
            encode([&[0x7f][..], &[0xff; 255]].concat()),
            KeyError::Size,
        ),
        (
            "8193 bits",
            encode([&[1][..], &[0xff; 1024]].concat()),
            KeyError::Size,
        ),
        ("16384 bits", encode([0xff; 2048]), KeyError::Size),
        ("even modulus", encode(even), KeyError::NotAKey),
        ("empty modulus", String::new(), KeyError::NotAKey),
        (
            "zero in front",
            encode([&[0], modulus].concat()),
            KeyError::NotAKey,
        ),
        ("padded", padded, KeyError::NotAKey),
    ] {
        only_the_bad_one_is_skipped(name, jwk_with("n", json!(n)), reason);
    }
    for (name, e, reason) in [
        ("exponent 0", "AA", KeyError::NotAKey),
        ("exponent 1", "AQ", KeyError::Exponent),
        ("exponent 2", "Ag", KeyError::Exponent),
        ("even exponent", "AQAA", KeyError::Exponent),
        ("exponent of 33 bits", "AQAAAAE", KeyError::Exponent),
        (
            "as long as the modulus",
            &encode(modulus),
            KeyError::Exponent,
        ),
        ("empty exponent", "", KeyError::NotAKey),
    ] {
        only_the_bad_one_is_skipped(name, jwk_with("e", json!(e)), reason);
    }
}

#[test]
fn a_key_for_something_else_is_skipped() {
    for (name, member, value, reason) in [
        (
            "for encryption",
            "use",
            json!("enc"),
            KeyError::NotForSignatures,
        ),
        ("for anything", "use", json!(""), KeyError::NotForSignatures),
        (
            "for signing only",
            "key_ops",
            json!(["sign"]),
            KeyError::NotForSignatures,
        ),
        (
            "for nothing",
            "key_ops",
            json!([]),
            KeyError::NotForSignatures,
        ),
        ("for RS512", "alg", json!("RS512"), KeyError::OtherAlgorithm),
        ("for PS256", "alg", json!("PS256"), KeyError::OtherAlgorithm),
        (
            "for RSA-OAEP",
            "alg",
            json!("RSA-OAEP"),
            KeyError::OtherAlgorithm,
        ),
        ("for HS256", "alg", json!("HS256"), KeyError::OtherAlgorithm),
        (
            "for an unknown algorithm",
            "alg",
            json!("rs256"),
            KeyError::OtherAlgorithm,
        ),
        ("empty kid", "kid", json!(""), KeyError::MissingKeyId),
        ("kid is a number", "kid", json!(1), KeyError::NotAKey),
    ] {
        only_the_bad_one_is_skipped(name, jwk_with(member, value), reason);
    }
    only_the_bad_one_is_skipped("no kid", jwk_without("kid"), KeyError::MissingKeyId);
}

#[test]
fn a_key_of_another_kind_is_skipped() {
    let curve = json!({"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let secret = json!({"kty": "oct", "k": "AQAB", "kid": "s", "alg": "HS256"});
    for (name, bad, reason) in [
        ("elliptic curve", curve, KeyError::NotRsa),
        ("called EC", jwk_with("kty", json!("EC")), KeyError::NotRsa),
        ("no type", jwk_without("kty"), KeyError::NotRsa),
        ("no modulus", jwk_without("n"), KeyError::NotRsa),
        ("no exponent", jwk_without("e"), KeyError::NotRsa),
        (
            "modulus is a number",
            jwk_with("n", json!(5)),
            KeyError::NotRsa,
        ),
        ("a secret", secret, KeyError::Private),
        ("not an object", json!("RSA"), KeyError::NotAKey),
        ("null", json!(null), KeyError::NotAKey),
    ] {
        only_the_bad_one_is_skipped(name, bad, reason);
    }
}

#[test]
fn a_key_that_was_published_with_its_secret_is_skipped() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in [json!("AQAB"), json!(""), json!(null), json!([])] {
            only_the_bad_one_is_skipped(member, jwk_with(member, value), KeyError::Private);
        }
    }
}

#[test]
fn a_repeated_member_spoils_a_key() {
    let text = jwk().to_string();
    let inner = text.trim_matches(['{', '}']);
    for name in ["kty", "n", "e", "kid", "alg", "use"] {
        let value = &jwk()[name];
        let document = format!(r#"{{"keys":[{{{inner},"{name}":{value}}}]}}"#);
        let set = KeySet::from_jwks(document.as_bytes()).unwrap();
        assert!(set.is_empty(), "{name}");
    }
}

#[test]
fn of_several_keys_under_one_name_none_is_taken() {
    let mut twin = strangers_jwk();
    twin["kid"] = json!(issuer().kid);
    let set = read(&[jwk(), twin.clone(), strangers_jwk()]);
    assert!(set.find(&issuer().kid).is_none());
    assert!(set.find(&stranger().kid).is_some());
    let reasons: Vec<_> = set
        .skipped()
        .iter()
        .map(|key| (key.index, key.reason))
        .collect();
    assert_eq!(
        reasons,
        [(0, KeyError::AmbiguousKeyId), (1, KeyError::AmbiguousKeyId)]
    );

    assert_eq!(
        read(&[jwk(), jwk()]),
        issuer().key_set(),
        "the same key twice is one key"
    );
    let unusable = json!({"kty": "EC", "kid": issuer().kid});
    assert!(
        read(&[unusable, jwk()]).find(&issuer().kid).is_some(),
        "a twin that is not used"
    );
}

#[test]
fn what_is_no_key_set_is_an_error() {
    for document in [
        "",
        "<!doctype html><title>502</title>",
        "null",
        "[]",
        "[[]]",
        "{}",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":[]}x"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":["#,
        &jwk().to_string(),
    ] {
        let error = KeySet::from_jwks(document.as_bytes()).unwrap_err();
        assert_eq!(error, JwksError::NotAKeySet, "{document}");
    }
    assert_eq!(KeySet::from_jwks(b"\xff"), Err(JwksError::NotAKeySet));
    assert!(read(&[]).is_empty());
}

#[test]
fn the_number_of_keys_is_bounded() {
    let named = |n: usize| jwk_with("kid", json!(n.to_string()));
    let keys: Vec<Value> = (0..=MAX_KEYS).map(named).collect();
    assert_eq!(read(&keys[..MAX_KEYS]).keys().len(), MAX_KEYS);
    let document = json!({"keys": keys}).to_string();
    assert_eq!(
        KeySet::from_jwks(document.as_bytes()),
        Err(JwksError::TooManyKeys)
    );
}

#[test]
fn numbers_that_are_no_key_are_refused() {
    for (modulus, exponent, error) in [
        (&[][..], &[3][..], KeyError::NotAKey),
        (&[0xff; 256], &[], KeyError::NotAKey),
        (&[0xff; 256], &[0], KeyError::NotAKey),
        (&[0xff; 256], &[1], KeyError::Exponent),
        (&[0xff; 255], &[3], KeyError::Size),
    ] {
        assert_eq!(PublicKey::from_components(modulus, exponent), Err(error));
    }
}
