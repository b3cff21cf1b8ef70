//! The verifier decides the algorithm, not the token (RFC 8725 §2.1, §3.1).

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared_claims::VerifyError;

use crate::support::encode;
use crate::{accepted, claims, header, header_with, issuer, refused, stranger};

fn with_algorithm(alg: &str) -> String {
    header_with("alg", json!(alg)).to_string()
}

#[test]
fn rs256_passes() {
    accepted(
        "RS256",
        &issuer().sign(&with_algorithm("RS256"), claims().to_string()),
    );
}

#[test]
fn only_rs256_passes() {
    for alg in [
        "none", "None", "NONE", "nOnE", "", "rs256", "RS256 ", " RS256", "RS256\0", "RS1",
    ] {
        let signed = issuer().sign(&with_algorithm(alg), claims().to_string());
        refused(alg, &signed, VerifyError::UnsupportedAlgorithm);
    }
    let mut header: Value = header();
    header.as_object_mut().unwrap().remove("alg");
    let signed = issuer().sign(&header.to_string(), claims().to_string());
    refused("no alg", &signed, VerifyError::UnsupportedAlgorithm);
}

#[test]
fn an_unsigned_token_is_refused() {
    let input = format!(
        "{}.{}",
        encode(with_algorithm("none")),
        encode(claims().to_string())
    );
    refused(
        "none, without a signature",
        &format!("{input}."),
        VerifyError::Malformed,
    );
    refused(
        "none, with some signature",
        &format!("{input}.AA"),
        VerifyError::UnsupportedAlgorithm,
    );
}

#[test]
fn the_public_key_is_no_hmac_secret() {
    let public = issuer().pair.public_key();
    let pkcs1 = public.as_ref().to_vec();
    let spki: PublicKeyX509Der<'_> = public.as_der().unwrap();
    let spki = spki.as_ref().to_vec();
    let body = STANDARD.encode(&spki);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    );
    let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
    let jwks = serde_json::to_vec(&issuer().key_set().to_jwks()).unwrap();
    for (secret_name, secret) in [
        ("PEM", pem.clone().into_bytes()),
        (
            "PEM without its last newline",
            pem.trim_end().as_bytes().to_vec(),
        ),
        ("SPKI DER", spki),
        ("PKCS#1 DER", pkcs1),
        ("modulus", modulus.clone()),
        ("modulus in base64url", encode(modulus).into_bytes()),
        ("kid", issuer().kid.clone().into_bytes()),
        ("JWKS", jwks),
        ("nothing", Vec::new()),
    ] {
        for (alg, algorithm) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
            ("RS256", hmac::HMAC_SHA256),
        ] {
            let input = format!(
                "{}.{}",
                encode(with_algorithm(alg)),
                encode(claims().to_string())
            );
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), input.as_bytes());
            let error = match alg {
                "RS256" => VerifyError::BadSignature,
                _ => VerifyError::UnsupportedAlgorithm,
            };
            refused(
                &format!("{alg} with the {secret_name}"),
                &format!("{input}.{}", encode(tag)),
                error,
            );
        }
    }
}

#[test]
fn another_padding_or_digest_of_the_same_key_is_refused() {
    for (alg, encoding) in [
        (
            "RS384",
            &RSA_PKCS1_SHA384 as &'static dyn aws_lc_rs::signature::RsaEncoding,
        ),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
    ] {
        let honest = issuer().sign_with(encoding, &with_algorithm(alg), claims().to_string());
        refused(alg, &honest, VerifyError::UnsupportedAlgorithm);
        let disguised = issuer().sign_with(encoding, &header().to_string(), claims().to_string());
        refused(
            &format!("{alg} called RS256"),
            &disguised,
            VerifyError::BadSignature,
        );
    }
}

#[test]
fn an_elliptic_curve_signature_is_refused() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    for (alg, error) in [
        ("ES256", VerifyError::UnsupportedAlgorithm),
        ("RS256", VerifyError::BadSignature),
    ] {
        let input = format!(
            "{}.{}",
            encode(with_algorithm(alg)),
            encode(claims().to_string())
        );
        let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        refused(alg, &format!("{input}.{}", encode(signature)), error);
        // "Psychic signatures", CVE-2022-21449.
        refused("all zero", &format!("{input}.{}", encode([0; 64])), error);
    }
}

#[test]
fn a_signature_that_is_not_the_keys_is_refused() {
    let good = issuer().mint(&claims());
    accepted("signed by the key", &good);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let strangers = stranger().sign(&header().to_string(), claims().to_string());
    let modulus = issuer().pair.public_key();
    let modulus = modulus.modulus().big_endian_without_leading_zero();
    let other_payload = issuer().mint(&crate::claims_with("sub", json!("somebody else")));
    let (_, other_signature) = other_payload.rsplit_once('.').unwrap();
    for (attack, token) in [
        ("a stranger's signature under the key's name", strangers),
        (
            "the signature of another token",
            format!("{input}.{other_signature}"),
        ),
        ("all zero", format!("{input}.{}", encode([0; 256]))),
        (
            "one",
            format!("{input}.{}", encode([&[0; 255][..], &[1]].concat())),
        ),
        ("the modulus itself", format!("{input}.{}", encode(modulus))),
        ("a byte short", format!("{input}.{}", encode([0; 255]))),
        ("a byte long", format!("{input}.AAAA{signature}")),
        ("one byte", format!("{input}.AA")),
    ] {
        refused(attack, &token, VerifyError::BadSignature);
    }
}
