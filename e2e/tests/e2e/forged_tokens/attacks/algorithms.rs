//! R11: the algorithm, and the form that goes with it.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use serde_json::{Value, json};

use super::{Forge, Row, row};
use crate::forged_tokens::signer::{encode, pem};

impl Forge<'_> {
    /// R11.
    pub(super) fn algorithms(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for alg in ["none", "None", "nOnE", "", " RS256", "RS256 ", "rs256"] {
            let token = self.signer.sign(&self.header("alg", alg), &self.claims);
            rows.push(row(
                "R11",
                &format!("alg {alg:?}, signed"),
                token,
                "unsupported_algorithm",
            ));
        }
        let unsigned = self.input("none");
        rows.push(row(
            "R11",
            "alg none, unsigned",
            format!("{unsigned}."),
            "malformed",
        ));
        let token = format!("{unsigned}.AA");
        rows.push(row(
            "R11",
            "alg none, any signature",
            token,
            "unsupported_algorithm",
        ));
        let others: [(&str, &'static dyn RsaEncoding); 3] = [
            ("RS384", &RSA_PKCS1_SHA384),
            ("RS512", &RSA_PKCS1_SHA512),
            ("PS256", &RSA_PSS_SHA256),
        ];
        for (alg, encoding) in others {
            let sign = |header: Value| {
                let payload = self.claims.to_string();
                self.signer
                    .sign_with(encoding, &header.to_string(), &payload)
            };
            rows.push(row(
                "R11",
                alg,
                sign(self.header("alg", alg)),
                "unsupported_algorithm",
            ));
            let disguised = format!("{alg} called RS256");
            rows.push(row(
                "R11",
                &disguised,
                sign(self.signer.header()),
                "bad_signature",
            ));
        }
        let curve = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        for (alg, code) in [
            ("ES256", "unsupported_algorithm"),
            ("RS256", "bad_signature"),
        ] {
            let input = self.input(alg);
            let signature = curve.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
            let token = format!("{input}.{}", encode(signature));
            rows.push(row(
                "R11",
                &format!("an ES256 signature called {alg}"),
                token,
                code,
            ));
            let psychic = format!("{input}.{}", encode([0; 64]));
            rows.push(row("R11", &format!("64 zeros called {alg}"), psychic, code));
        }
        rows
    }

    /// R11: the public key, which everybody has, as the secret of an HMAC.
    pub(super) fn hmac_secrets(&self) -> Vec<Row> {
        let public = self.signer.pair.public_key();
        let der: PublicKeyX509Der<'_> = public.as_der().unwrap();
        let pem = pem("PUBLIC KEY", der.as_ref());
        let secrets = [
            ("PEM", pem.as_bytes()),
            ("PEM without its last newline", pem.trim_end().as_bytes()),
            ("PEM behind a space", &*format!(" {pem}").into_bytes()),
            ("DER", der.as_ref()),
            ("PKCS#1", public.as_ref()),
            (
                "modulus",
                public.modulus().big_endian_without_leading_zero(),
            ),
            ("kid", self.signer.kid.as_bytes()),
            ("empty text", b""),
        ]
        .map(|(name, secret)| (name, secret.to_vec()));
        let mut rows = Vec::new();
        for (secret_name, secret) in secrets {
            for (alg, code) in [
                ("HS256", "unsupported_algorithm"),
                ("RS256", "bad_signature"),
            ] {
                let input = self.input(alg);
                let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
                let tag = hmac::sign(&key, input.as_bytes());
                let token = format!("{input}.{}", encode(tag));
                rows.push(row(
                    "R11",
                    &format!("HMAC with the {secret_name}, {alg}"),
                    token,
                    code,
                ));
            }
        }
        rows
    }

    /// R11: the form.
    pub(super) fn forms(&self) -> Vec<Row> {
        let honest = self.signer.mint(&self.claims);
        let parts: Vec<&str> = honest.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            panic!("{honest}")
        };
        let jwe = encode(r#"{"alg":"dir","enc":"A256GCM"}"#);
        let spaced = self.signer.sign_text(
            &format!(" {}", self.signer.header()),
            &self.claims.to_string(),
        );
        let mut rows = vec![
            // JSON may begin with white space, and it is signed: this one is what it says it is.
            row(
                "R11",
                "control: a space in front of the header's JSON",
                spaced,
                "ok",
            ),
        ];
        for (name, token) in [
            (
                "a space behind the header",
                format!("{header} .{payload}.{signature}"),
            ),
            ("padding", format!("{header}=.{payload}.{signature}")),
            ("two parts", format!("{header}.{payload}")),
            ("four parts", format!("{honest}.{signature}")),
            ("five parts", format!("{honest}.AA.AA")),
            ("an encrypted token", format!("{jwe}..AAAA.AAAA.AAAA")),
            (
                "an encrypted token around an honest one",
                format!("{jwe}.AA.AA.{}.AA", encode(&honest)),
            ),
            ("a flood of dots", ".".repeat(8_000)),
        ] {
            rows.push(row("R11", name, token, "malformed"));
        }
        // What is signed is read only once the signature is right.
        let spaced = format!("{header}. {payload}.{signature}");
        rows.push(row("R11", "a space inside", spaced, "bad_signature"));
        let stranger = self.stranger.sign(&self.signer.header(), &self.claims);
        rows.push(row(
            "R11",
            "a stranger's signature",
            stranger,
            "bad_signature",
        ));
        let mut other = self.claims.clone();
        other["sub"] = json!("018f6b6e-5c1a-7000-8000-000000000001");
        let swapped = format!("{header}.{}.{signature}", encode(other.to_string()));
        rows.push(row(
            "R11",
            "somebody else's sub, unsigned",
            swapped,
            "bad_signature",
        ));
        let long = self.with("padding", json!("x".repeat(7_000)));
        rows.push(row(
            "R11",
            "nine kibibytes, signed",
            self.signer.mint(&long),
            "token_too_long",
        ));
        rows
    }
}
