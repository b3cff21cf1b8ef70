//! Verifies Latchkey's access tokens offline: no database, and no call to the auth server but the
//! occasional one, in the background, for its public keys and for what it has revoked.
//!
//! A resource server needs these lines (features `remote` and `actix`):
//!
//! ```no_run
//! # #[cfg(all(feature = "remote", feature = "actix"))]
//! # mod resource_server {
//! use actix_web::{App, HttpServer, get, web};
//! use shared_claims::actix::{Authenticator, Authorized};
//! use shared_claims::remote::{KeysConfig, RemoteKeys, RemoteRevocations, RevocationsConfig};
//! use shared_claims::{Policy, Verifier};
//!
//! #[get("/whoami")]
//! async fn whoami(caller: Authorized) -> String {
//!     caller.sub.clone()
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let issuer = "http://localhost:8080";
//!     let config = KeysConfig::new(&format!("{issuer}/.well-known/jwks.json"))?;
//!     let keys = RemoteKeys::start(&config)?;
//!     let verifier = Verifier::new(Policy::new(issuer, "whoami"), keys.clone());
//!     // Optional: ended sessions are refused within seconds, not when their tokens expire.
//!     let revocations = RemoteRevocations::start(&RevocationsConfig::new(issuer)?, keys)?;
//!     let verifier = verifier.with_revocations(revocations);
//!     let auth = web::Data::new(Authenticator::new(verifier));
//!     let app = move || App::new().app_data(auth.clone()).service(whoami);
//!     Ok(HttpServer::new(app).bind("127.0.0.1:8083")?.run().await?)
//! }
//! # }
//! ```
//!
//! The core does no I/O and reads no clock: a [`Verifier`] is given a [`Policy`], a [`KeySource`],
//! a [`RevocationSource`] and the time. Feature `remote` brings sources that ask the issuer, feature
//! `actix` the extractor and the error answers, feature `openapi` the schemas of those.
//!
//! What a token has to be is written down in one place, in `verifier.rs`, what a document of the
//! revocation feed has to be in `revocation_feed.rs`, and what either has to be in `signed.rs`; each
//! condition with the attack that it stops. `tests/rejections/` has a row for each.

#[cfg(feature = "actix")]
pub mod actix;
mod cache;
mod claims;
#[cfg(any(feature = "actix", feature = "remote"))]
mod clock;
mod error;
mod json;
mod jwks;
mod jws;
mod key_set;
#[cfg(feature = "remote")]
pub mod remote;
mod revocation_feed;
mod revocations;
mod signed;
mod striped_count;
mod verified;
mod verifier;

pub use cache::CacheStatus;
pub use claims::{AccessClaims, InvalidClaims, InvalidScope, Scopes};
pub use error::VerifyError;
pub use jwks::{Jwks, KeyError, PublicKey};
pub use key_set::{JwksError, KeySet, KeySource, LocalKeys, MAX_KEYS, SkippedKey};
pub use revocation_feed::{FEED_MEDIA_TYPE, FEED_PATH, FEED_TYPE, FeedPolicy, RevocationClaims};
pub use revocations::{LocalRevocations, RevocationSource, Revocations};
pub use signed::verify_signature_only;
pub use verified::VerifiedClaims;
pub use verifier::{MAX_TOKEN_BYTES, Policy, Verifier};
