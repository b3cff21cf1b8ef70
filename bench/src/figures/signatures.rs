//! Tokens verified for the first time and minted, and the bare RSA operation in each. In this process, on one
//! thread.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use auth_server::{
    keys::signing_key::{RsaBits, SigningKey, public_key_from_der},
    sessions::store::LiveSession,
    tokens::access_token::{AccessTokenPolicy, OWN_AUDIENCE, mint},
};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use shared_claims::{KeySet, LocalKeys, Policy, Scopes, Verifier};

use super::rounds_plot;
use crate::{figure::Figure, rounds::Rounds, world::World};

/// Any instant will do.
const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "http://localhost:8080";

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let key = SigningKey::generate(RsaBits::Rsa2048)?;
    let session = session()?;
    let policy = AccessTokenPolicy {
        issuer: ISSUER.to_owned(),
        audiences: vec![OWN_AUDIENCE.to_owned(), "notes-api".to_owned()],
        scope: Scopes::parse("notes:read notes:write")?,
        lifetime_seconds: 900,
    };
    let token = mint(&session, &policy, &key)?;
    Ok(vec![
        verifying(world, &key, &token)?,
        minting(world, &key, &token, || Ok(mint(&session, &policy, &key)?))?,
    ])
}

/// Someone who tells all there is to tell of them.
fn session() -> Result<LiveSession> {
    let now = DateTime::<Utc>::from_timestamp(NOW, 0).context("no such instant")?;
    Ok(LiveSession {
        id: "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b".parse()?,
        generation: 7,
        created_at: now,
        idle_expires_at: now,
        now,
        user_id: "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6c".parse()?,
        username: "ada".to_owned(),
        email: "ada@example.org".to_owned(),
        full_name: Some("Ada Lovelace".to_owned()),
        scope: None,
    })
}

/// A token as its verifier sees it for the first time.
fn verifying(world: &World, key: &SigningKey, token: &str) -> Result<Figure> {
    let public_key = key.public_key_der()?;
    let keys = KeySet::new([public_key_from_der(&public_key)?]);
    let verifier = Verifier::new(
        Policy::new(ISSUER, "notes-api"),
        Arc::new(LocalKeys::new(keys)),
    )
    .with_cache_capacity(0);
    let bare = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key)?;
    let (signing_input, signature) = token.rsplit_once('.').context("no token")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;
    let rounds = Rounds::alternate(
        &world.effort.in_short_rounds(4),
        |lasts| nanoseconds(lasts, || Ok(verifier.verify(token, NOW)?)),
        |lasts| {
            nanoseconds(lasts, || {
                Ok(bare.verify_sig(signing_input.as_bytes(), &signature)?)
            })
        },
    )?;
    Ok(
        figure(&rounds, "first-check", "first check of a token (no cache)")
            .against("bare `aws-lc-rs` RSA-2048 verification")
            .at_most(1.4),
    )
}

fn minting(
    world: &World,
    key: &SigningKey,
    token: &str,
    mint: impl Fn() -> Result<String>,
) -> Result<Figure> {
    let bare = KeyPair::from_pkcs8(&key.pkcs8()?)?;
    let random = SystemRandom::new();
    let (signing_input, _) = token.rsplit_once('.').context("no token")?;
    let mut signature = vec![0; bare.public_modulus_len()];
    let rounds = Rounds::alternate(
        &world.effort.in_short_rounds(4),
        |lasts| nanoseconds(lasts, &mint),
        |lasts| {
            nanoseconds(lasts, || {
                Ok(bare.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    signing_input.as_bytes(),
                    &mut signature,
                )?)
            })
        },
    )?;
    Ok(figure(&rounds, "mint", "minting an access token")
        .against("bare `aws-lc-rs` signature, parsed key")
        .at_most(1.1))
}

fn figure(rounds: &Rounds<f64>, id: &str, what: &str) -> Figure {
    let (whole, bare) = rounds.each(|nanoseconds| nanoseconds / 1_000.0);
    Figure::new(id, what, rounds.ratio(|nanoseconds| *nanoseconds))
        .note(format!(
            "{:.1} µs; the bare operation {:.1} µs.",
            whole.median, bare.median
        ))
        .plot(rounds_plot(
            rounds,
            |nanoseconds| nanoseconds / 1_000.0,
            "µs",
            ["all of it", "bare operation"],
        ))
}

/// How long an operation takes.
fn nanoseconds<T>(lasts: Duration, mut operation: impl FnMut() -> Result<T>) -> Result<f64> {
    let started = Instant::now();
    let mut times = 0_u32;
    while started.elapsed() < lasts {
        black_box(operation()?);
        times += 1;
    }
    Ok(started.elapsed().as_secs_f64() * 1e9 / f64::from(times))
}
