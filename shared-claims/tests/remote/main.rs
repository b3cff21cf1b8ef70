//! What an issuer publishes, over HTTP, from a server that behaves in every way a server can.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod keys;
mod log;
#[path = "../support/revocation_document.rs"]
mod revocation_document;
mod revocations;
#[path = "../support/mod.rs"]
mod support;
mod web_server;

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{advance, pause, resume};

use support::Issuer;

/// The issuer, and the one that it rotates to.
fn issuers() -> &'static [Issuer; 2] {
    static ISSUERS: OnceLock<[Issuer; 2]> = OnceLock::new();
    ISSUERS.get_or_init(|| [Issuer::generate(), Issuer::generate()])
}

fn jwks(issuer: &Issuer) -> Value {
    serde_json::to_value(issuer.key_set().to_jwks()).unwrap()
}

/// Lets the clock jump while nothing is on the wire.
async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}
