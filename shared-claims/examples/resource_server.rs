//! A small resource server: who calls, proven offline.
//!
//! With the auth server running:
//! `cargo run -p shared-claims --features actix,remote --example resource_server`, then
//! `curl -H "Authorization: Bearer $TOKEN" http://localhost:8083/whoami`. It answers to tokens
//! whose audience is `notes-api`, as the auth server issues them unless told otherwise.

use actix_web::{App, HttpServer, get, web};
use shared_claims::actix::{Authenticator, Authorized};
use shared_claims::remote::{KeysConfig, RemoteKeys, RemoteRevocations, RevocationsConfig};
use shared_claims::{Policy, Verifier};

#[get("/whoami")]
async fn whoami(caller: Authorized) -> String {
    format!("{}\n", caller.sub)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "http://localhost:8080".into());
    let config = KeysConfig::new(&format!("{issuer}/.well-known/jwks.json"))?;
    let keys = RemoteKeys::start(&config)?;
    // Optional: ended sessions are refused within seconds, not when their tokens expire.
    let revocations = RemoteRevocations::start(&RevocationsConfig::new(&issuer)?, keys.clone())?;
    let verifier =
        Verifier::new(Policy::new(issuer, "notes-api"), keys).with_revocations(revocations);
    let auth = web::Data::new(Authenticator::new(verifier));
    let app = move || App::new().app_data(auth.clone()).service(whoami);
    Ok(HttpServer::new(app).bind("127.0.0.1:8083")?.run().await?)
}
