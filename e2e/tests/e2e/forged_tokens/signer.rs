//! Signs anything, as the issuer would that it is an honest token.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// An RSA key pair.
pub(super) struct Signer {
    pub(super) pair: KeyPair,
    /// Its thumbprint (RFC 7638), by which Latchkey publishes it.
    pub(super) kid: String,
}

impl Signer {
    pub(super) fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let [n, e] = components(&pair);
        let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        let kid = encode(digest(&SHA256, members.as_bytes()));
        Self { pair, kid }
    }

    /// As `auth-server keys import` takes it.
    pub(super) fn private_pem(&self) -> String {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().unwrap();
        pem("PRIVATE KEY", der.as_ref())
    }

    /// As it is published.
    pub(super) fn public_jwk(&self) -> Value {
        let [n, e] = components(&self.pair);
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e})
    }

    /// The header of an honest token.
    pub(super) fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "at+jwt", "kid": self.kid})
    }

    /// An honest token's header, and these claims.
    pub(super) fn mint(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    pub(super) fn sign_text(&self, header: &str, payload: &str) -> String {
        self.sign_with(&RSA_PKCS1_SHA256, header, payload)
    }

    /// With another padding or digest.
    pub(super) fn sign_with(
        &self,
        encoding: &'static dyn RsaEncoding,
        header: &str,
        payload: &str,
    ) -> String {
        let input = format!("{}.{}", encode(header), encode(payload));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair
            .sign(encoding, &random, input.as_bytes(), &mut signature)
            .unwrap();
        format!("{input}.{}", encode(signature))
    }
}

pub(super) fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

fn components(pair: &KeyPair) -> [String; 2] {
    let components = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    [encode(components.n), encode(components.e)]
}
