//! What the parts of a verification take: `cargo bench -p shared-claims`.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use divan::Bencher;
use shared_claims::{AccessClaims, KeySet, LocalKeys, Policy, Verifier};
use support::{AUDIENCE, ISSUER, Issuer, claims};

/// Any instant will do.
const NOW: i64 = 1_800_000_000;

fn main() {
    divan::main();
}

/// The operation that no verifier gets round.
#[divan::bench]
fn bare_signature(bencher: Bencher) {
    let issuer = Issuer::generate();
    let token = issuer.mint(&claims(NOW));
    let (signing_input, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, issuer.pair.public_key()).unwrap();
    bencher.bench_local(|| {
        key.verify_sig(black_box(signing_input.as_bytes()), &signature)
            .unwrap();
    });
}

#[divan::bench]
fn first_check(bencher: Bencher) {
    let issuer = Issuer::generate();
    let token = issuer.mint(&claims(NOW));
    let verifier = verifier(&issuer).with_cache_capacity(0);
    bencher.bench_local(|| verifier.verify(black_box(&token), NOW).unwrap());
}

/// By as many threads as a small machine has.
#[divan::bench(threads = [1, 2], sample_size = 900)]
fn check_of_a_remembered_token(bencher: Bencher) {
    let issuer = Issuer::generate();
    // As many as there are seconds in which they could have been issued.
    let tokens: Vec<String> = (0..900)
        .map(|age| issuer.mint(&claims(NOW - age)))
        .collect();
    let verifier = verifier(&issuer);
    for token in &tokens {
        verifier.verify(token, NOW).unwrap();
    }
    let turn = AtomicUsize::new(0);
    bencher
        .with_inputs(|| &tokens[turn.fetch_add(1, Ordering::Relaxed) % tokens.len()])
        .bench_values(|token| verifier.verify(token, NOW).unwrap());
}

/// Refused before any key is looked at.
#[divan::bench]
fn refusal_of_another_algorithm(bencher: Bencher) {
    let issuer = Issuer::generate();
    let token = issuer.sign(r#"{"alg":"HS256","typ":"at+jwt"}"#, claims(NOW).to_string());
    let verifier = verifier(&issuer);
    bencher.bench_local(|| verifier.verify(black_box(&token), NOW).unwrap_err());
}

#[divan::bench]
fn claims_from_json(bencher: Bencher) {
    let payload = claims(NOW).to_string();
    bencher.bench_local(|| AccessClaims::from_json(black_box(payload.as_bytes())).unwrap());
}

/// A key and its successor, as an issuer publishes them.
#[divan::bench]
fn key_set_from_jwks(bencher: Bencher) {
    let keys: Vec<_> = [Issuer::generate(), Issuer::generate()]
        .iter()
        .flat_map(|issuer| {
            issuer
                .key_set()
                .keys()
                .map(|key| key.jwk().clone())
                .collect::<Vec<_>>()
        })
        .collect();
    let document = serde_json::json!({ "keys": keys }).to_string();
    bencher.bench_local(|| KeySet::from_jwks(black_box(document.as_bytes())).unwrap());
}

fn verifier(issuer: &Issuer) -> Verifier {
    let keys = Arc::new(LocalKeys::new(issuer.key_set()));
    Verifier::new(Policy::new(ISSUER, AUDIENCE), keys)
}
