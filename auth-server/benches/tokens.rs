//! What a refresh computes, part by part: `cargo bench -p auth-server`.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::{hint::black_box, time::Duration};

use auth_server::{
    keys::{
        master_key::MasterKeys,
        signing_key::{RsaBits, SigningKey},
    },
    sessions::{
        rotation::{SessionState, decide},
        store::LiveSession,
    },
    tokens::{
        access_token::{AccessTokenPolicy, OWN_AUDIENCE, mint},
        refresh_token::{RefreshToken, SessionHandle},
    },
};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use divan::Bencher;
use shared_claims::Scopes;

fn main() {
    divan::main();
}

/// The operation that no mint gets round.
#[divan::bench]
fn bare_signature(bencher: Bencher<'_, '_>) {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let random = SystemRandom::new();
    let mut signature = vec![0; key.public_modulus_len()];
    bencher.bench_local(|| {
        key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            black_box(&[b'x'; 560]),
            &mut signature,
        )
        .unwrap();
    });
}

#[divan::bench]
fn mint_access_token(bencher: Bencher<'_, '_>) {
    let key = SigningKey::generate(RsaBits::Rsa2048).unwrap();
    let policy = AccessTokenPolicy {
        issuer: "http://localhost:8080".to_owned(),
        audiences: vec![OWN_AUDIENCE.to_owned(), "notes-api".to_owned()],
        scope: Scopes::parse("notes:read notes:write").unwrap(),
        lifetime_seconds: 900,
    };
    let session = session();
    bencher.bench_local(|| mint(black_box(&session), &policy, &key).unwrap());
}

#[divan::bench]
fn issue_refresh_token(bencher: Bencher<'_, '_>) {
    let (keys, token) = (master_keys(), refresh_token());
    bencher.bench_local(|| black_box(&token).issue(&keys));
}

#[divan::bench]
fn authenticate_refresh_token(bencher: Bencher<'_, '_>) {
    let keys = master_keys();
    let issued = refresh_token().issue(&keys);
    bencher.bench_local(|| RefreshToken::authenticate(black_box(issued.expose()), &keys).unwrap());
}

/// The right length and key id; only the MAC is wrong.
#[divan::bench]
fn refuse_forged_refresh_token(bencher: Bencher<'_, '_>) {
    let keys = master_keys();
    let mut forged = refresh_token().issue(&keys).expose().to_owned();
    let last = forged.pop();
    forged.push(if last == Some('A') { 'B' } else { 'A' });
    assert!(RefreshToken::authenticate(&forged, &keys).is_none());
    bencher.bench_local(|| RefreshToken::authenticate(black_box(&forged), &keys));
}

#[divan::bench]
fn decide_rotation(bencher: Bencher<'_, '_>) {
    let now = now();
    let state = SessionState {
        generation: 7,
        rotated_at: Some(now - TimeDelta::minutes(15)),
        expires_at: now + TimeDelta::days(7),
        revoked: false,
    };
    bencher.bench_local(|| decide(black_box(&state), 7, now, Duration::from_secs(10)));
}

/// Any instant will do.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn master_keys() -> MasterKeys {
    MasterKeys::parse(&STANDARD.encode([7; 32])).unwrap()
}

fn refresh_token() -> RefreshToken {
    RefreshToken {
        handle: SessionHandle::generate().unwrap(),
        generation: 7,
    }
}

/// Of someone who tells all there is to tell of them.
fn session() -> LiveSession {
    LiveSession {
        id: "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b".parse().unwrap(),
        generation: 7,
        created_at: now(),
        idle_expires_at: now(),
        now: now(),
        user_id: "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6c".parse().unwrap(),
        username: "ada".to_owned(),
        email: "ada@example.org".to_owned(),
        full_name: Some("Ada Lovelace".to_owned()),
        scope: None,
    }
}
