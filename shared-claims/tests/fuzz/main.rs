//! Tokens, key sets, feeds and headers that are nearly right. What is accepted has to be what the
//! issuer wrote, by a second opinion on it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claims;
mod feed;
mod header;
mod key_set;
mod request;
#[path = "../support/revocation_document.rs"]
mod revocation_document;
#[path = "../support/mod.rs"]
mod support;
mod token;

use std::sync::{Arc, LazyLock};

use fuzzing::Members;
use serde_json::Value;
use shared_claims::{LocalKeys, Policy, Verifier};

use crate::support::{AUDIENCE, ISSUER, Issuer};

const NOW: i64 = 1_800_000_000;

static ISSUER_KEY: LazyLock<Issuer> = LazyLock::new(Issuer::generate);

fn issuer() -> &'static Issuer {
    &ISSUER_KEY
}

fn verifier() -> Verifier {
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    Verifier::new(Policy::new(ISSUER, AUDIENCE), keys)
}

/// Whether each of these members, where it is there at all, is there once.
fn none_repeats(members: &Members, names: &[&str]) -> bool {
    names.iter().all(|name| !members.repeat(name))
}

/// A whole number of seconds since 1970, up to the year 9999.
fn is_date(value: &Value) -> bool {
    value
        .as_u64()
        .is_some_and(|seconds| seconds < 253_402_300_800)
}

fn is_filled_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}
