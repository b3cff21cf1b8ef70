//! The key set over HTTP, from a server that behaves in every way a server can.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod fresh;
#[path = "../support/mod.rs"]
mod support;
mod unknown_keys;
mod web_server;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use shared_claims::remote::{RemoteConfig, RemoteKeys};
use shared_claims::{Policy, Verifier};
use tokio::time::{advance, pause, resume};

use support::{AUDIENCE, ISSUER, Issuer, claims};
use web_server::{Answer, WebServer};

const NOW: i64 = 1_800_000_000;

/// The issuer, and the one that it rotates to.
fn issuers() -> &'static [Issuer; 2] {
    static ISSUERS: OnceLock<[Issuer; 2]> = OnceLock::new();
    ISSUERS.get_or_init(|| [Issuer::generate(), Issuer::generate()])
}

fn jwks(issuer: &Issuer) -> Value {
    serde_json::to_value(issuer.key_set().to_jwks()).unwrap()
}

fn old_keys() -> Answer {
    Answer::document(&jwks(&issuers()[0]))
}

fn new_keys() -> Answer {
    Answer::document(&jwks(&issuers()[1]))
}

fn old_token() -> String {
    issuers()[0].mint(&claims(NOW))
}

fn new_token() -> String {
    issuers()[1].mint(&claims(NOW))
}

fn config(server: &WebServer) -> RemoteConfig {
    RemoteConfig::new(&server.url()).unwrap()
}

/// For tests that fetch at will: an unknown key may cause a fetch at any time.
fn eager(server: &WebServer) -> RemoteConfig {
    config(server)
        .with_cooldown(Duration::ZERO)
        .with_timeout(Duration::from_millis(500))
}

async fn ready(config: &RemoteConfig) -> Arc<RemoteKeys> {
    let keys = RemoteKeys::start(config).unwrap();
    keys.wait_until_ready().await;
    keys
}

fn verifier(keys: &Arc<RemoteKeys>) -> Arc<Verifier> {
    Arc::new(Verifier::new(Policy::new(ISSUER, AUDIENCE), keys.clone()))
}

/// Lets the clock jump while nothing is on the wire.
async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}
