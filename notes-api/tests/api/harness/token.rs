//! Access tokens, made without the project's own code for it.

use std::{
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize, PublicKeyComponents},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

/// The issuer of all tests.
pub(crate) const ISSUER: &str = "http://localhost:8080";

/// A key that signs access tokens.
pub(crate) struct SigningKey {
    kid: &'static str,
    pair: KeyPair,
}

impl SigningKey {
    /// The issuer's.
    pub(crate) fn published() -> &'static Self {
        static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate("published"));
        &KEY
    }

    /// The one that the issuer has published to sign with next.
    pub(crate) fn next() -> &'static Self {
        static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate("next"));
        &KEY
    }

    /// Nobody's.
    pub(crate) fn unknown() -> &'static Self {
        static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate("unknown"));
        &KEY
    }

    fn generate(kid: &'static str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        Self { kid, pair }
    }

    /// Its name.
    pub(crate) fn kid(&self) -> &'static str {
        self.kid
    }

    /// The JSON Web Key of its public half.
    pub(super) fn jwk(&self) -> Value {
        let PublicKeyComponents { n, e } =
            PublicKeyComponents::<Vec<u8>>::from(self.pair.public_key());
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(n),
            "e": URL_SAFE_NO_PAD.encode(e),
        })
    }

    /// A signed access token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as("at+jwt", claims)
    }

    /// A signed document of this type.
    pub(crate) fn sign_as(&self, typ: &str, payload: &Value) -> String {
        let header = json!({"alg": "RS256", "typ": typ, "kid": self.kid});
        let mut token = [&header, payload]
            .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
            .join(".");
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .unwrap();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}

/// The claims of a good token for this person, who may do everything.
pub(crate) fn claims_of(person: &str) -> Value {
    let now = unix_now();
    json!({
        "iss": ISSUER,
        "sub": person,
        "aud": ["notes-api"],
        "exp": now + 900,
        "iat": now,
        "jti": Uuid::now_v7(),
        "sid": Uuid::now_v7(),
        "client_id": "latchkey",
        "auth_time": now,
        "scope": "notes:read notes:write",
        "preferred_username": "someone",
        "email": "someone@example.org",
    })
}

pub(super) fn unix_now() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "tokens are good for a time from now"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap().as_secs()
}
