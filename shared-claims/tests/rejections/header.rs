//! What a header may say, and what it may not decide.

use serde_json::{Value, json};
use shared_claims::VerifyError;

use crate::{accepted, claims, header, header_with, issuer, refused, stranger};

fn signed(header: &Value) -> String {
    issuer().sign(&header.to_string(), claims().to_string())
}

fn without(name: &str) -> Value {
    let mut header = header();
    header.as_object_mut().unwrap().remove(name);
    header
}

#[test]
fn only_access_tokens_pass() {
    accepted("at+jwt", &signed(&header()));
    refused("no typ", &signed(&without("typ")), VerifyError::WrongType);
    for typ in [
        "JWT",
        "jwt",
        "",
        "AT+JWT",
        "at+jwt ",
        "application/at+jwt",
        "logout+jwt",
        "dpop+jwt",
    ] {
        refused(
            typ,
            &signed(&header_with("typ", json!(typ))),
            VerifyError::WrongType,
        );
    }
}

#[test]
fn extensions_are_refused_whatever_they_are() {
    for (attack, member, value) in [
        ("a critical extension", "crit", json!(["exp"])),
        ("a critical b64", "crit", json!(["b64"])),
        ("an empty crit", "crit", json!([])),
        ("crit is null", "crit", json!(null)),
        ("crit is false", "crit", json!(false)),
        ("crit is a string", "crit", json!("exp")),
        ("an unencoded payload", "b64", json!(false)),
        ("an encoded payload, in so many words", "b64", json!(true)),
    ] {
        refused(
            attack,
            &signed(&header_with(member, value)),
            VerifyError::CriticalHeader,
        );
    }
    let mut both = header_with("crit", json!(["b64"]));
    both["b64"] = json!(false);
    refused("crit and b64", &signed(&both), VerifyError::CriticalHeader);
    accepted(
        "members that mean nothing",
        &signed(&header_with("cty", json!("x"))),
    );
}

#[test]
fn the_key_is_found_by_its_exact_name() {
    refused(
        "no kid",
        &signed(&without("kid")),
        VerifyError::MissingKeyId,
    );
    refused(
        "empty kid",
        &signed(&header_with("kid", json!(""))),
        VerifyError::MissingKeyId,
    );
    for value in [
        json!(null),
        json!(0),
        json!([issuer().kid]),
        json!({"kid": issuer().kid}),
        json!(true),
    ] {
        refused(
            "kid is no string",
            &signed(&header_with("kid", value)),
            VerifyError::Malformed,
        );
    }
    let kid = issuer().kid.as_str();
    for kid in [
        "*",
        "../../../../../../dev/null",
        "/proc/sys/kernel/randomize_va_space",
        "' or '1'='1",
        "x' union select 'secret' --",
        "| id",
        "http://127.0.0.1/key",
        "__proto__",
        &stranger().kid,
        &kid.to_lowercase(),
        &kid.to_uppercase(),
        &kid[..kid.len() - 1],
        &format!("{kid} "),
        &format!(" {kid}"),
        &format!("{kid}\0"),
        &format!("{kid}="),
        &format!("{kid}\u{200b}"),
    ] {
        refused(
            kid,
            &signed(&header_with("kid", json!(kid))),
            VerifyError::UnknownKey,
        );
    }
    let escaped =
        header()
            .to_string()
            .replacen(&kid[..1], &format!("\\u{:04x}", kid.as_bytes()[0]), 1);
    accepted(
        "the same name, escaped",
        &issuer().sign(&escaped, claims().to_string()),
    );
}

#[test]
fn a_token_does_not_bring_its_own_key() {
    let jwks = serde_json::to_value(stranger().key_set().to_jwks()).unwrap();
    let jwk = &jwks["keys"][0];
    for (member, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("iss", json!("https://attacker.example")),
        ("keys", jwks.clone()),
    ] {
        let mut nameless = header_with(member, value.clone());
        nameless.as_object_mut().unwrap().remove("kid");
        let mut strangers = header_with(member, value.clone());
        strangers["kid"] = json!(stranger().kid);
        let ours = header_with(member, value.clone());
        for (header, error) in [
            (nameless, VerifyError::MissingKeyId),
            (strangers, VerifyError::UnknownKey),
            (ours, VerifyError::BadSignature),
        ] {
            let forged = stranger().sign(&header.to_string(), claims().to_string());
            refused(&format!("{member} of the attacker"), &forged, error);
        }
        accepted(member, &signed(&header_with(member, value)));
    }
}
