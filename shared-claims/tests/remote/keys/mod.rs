//! The key set.

mod faults;
mod fresh;
mod unknown_keys;

use std::sync::Arc;
use std::time::Duration;

use shared_claims::remote::{KeysConfig, RemoteKeys};
use shared_claims::{Policy, Verifier};

use crate::support::{AUDIENCE, ISSUER, claims};
use crate::web_server::{Answer, WebServer};
use crate::{issuers, jwks};

const NOW: i64 = 1_800_000_000;

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

fn config(server: &WebServer) -> KeysConfig {
    KeysConfig::new(&server.url()).unwrap()
}

/// For tests that fetch at will: an unknown key may cause a fetch at any time.
fn eager(server: &WebServer) -> KeysConfig {
    config(server)
        .with_cooldown(Duration::ZERO)
        .with_timeout(Duration::from_millis(500))
}

async fn ready(config: &KeysConfig) -> Arc<RemoteKeys> {
    let keys = RemoteKeys::start(config).unwrap();
    keys.wait_until_ready().await;
    keys
}

fn verifier(keys: &Arc<RemoteKeys>) -> Arc<Verifier> {
    Arc::new(Verifier::new(Policy::new(ISSUER, AUDIENCE), keys.clone()))
}
