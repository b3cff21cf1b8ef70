//! An issuer of access tokens, honest or not, with keys that exist only for one test run.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared_claims::{KeySet, PublicKey};

pub(crate) const ISSUER: &str = "https://latchkey.example";
pub(crate) const AUDIENCE: &str = "notes-api";

/// An RSA key pair and the tokens signed with it.
pub(crate) struct Issuer {
    pub(crate) pair: KeyPair,
    pub(crate) kid: String,
}

impl Issuer {
    pub(crate) fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let kid = public_key(&pair).kid().to_owned();
        Self { pair, kid }
    }

    /// The key set as an auth server with this key publishes it.
    pub(crate) fn key_set(&self) -> KeySet {
        KeySet::new([public_key(&self.pair)])
    }

    /// A token with these claims and the header that belongs there.
    pub(crate) fn mint(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": self.kid});
        self.sign(&header.to_string(), claims.to_string())
    }

    /// Any header and any payload, truly signed.
    pub(crate) fn sign(&self, header: &str, payload: impl AsRef<[u8]>) -> String {
        self.sign_with(&RSA_PKCS1_SHA256, header, payload)
    }

    /// The same with another padding or digest.
    pub(crate) fn sign_with(
        &self,
        encoding: &'static dyn RsaEncoding,
        header: &str,
        payload: impl AsRef<[u8]>,
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

pub(crate) fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// The claims of a good token that was issued at `iat` and lives for a quarter of an hour.
pub(crate) fn claims(iat: i64) -> Value {
    json!({
        "iss": ISSUER,
        "sub": "018f6b6e-5c1a-7000-8000-000000000001",
        "aud": [AUDIENCE],
        "exp": iat + 900,
        "iat": iat,
        "jti": "018f6b6e-5c1a-7000-8000-000000000002",
        "sid": "018f6b6e-5c1a-7000-8000-000000000003",
        "client_id": "latchkey",
        "auth_time": iat - 60,
        "scope": "notes:read notes:write",
        "preferred_username": "ada",
        "email": "ada@example.org",
        "name": "Ada Lovelace",
    })
}

fn public_key(pair: &KeyPair) -> PublicKey {
    let public = pair.public_key();
    PublicKey::from_components(
        public.modulus().big_endian_without_leading_zero(),
        public.exponent().big_endian_without_leading_zero(),
    )
    .unwrap()
}
