//! Verifies Latchkey's access tokens offline: claims, key set, verifier, and an extractor for
//! actix-web.

#[cfg(feature = "actix")]
pub mod actix;
mod cache;
mod claims;
mod error;
mod jwks;
mod jws;
mod key_set;
#[cfg(feature = "remote")]
pub mod remote;
mod verifier;

pub use claims::{AccessClaims, InvalidClaims, InvalidScope, Scopes};
pub use error::VerifyError;
pub use jwks::{Jwks, KeyError, PublicKey};
pub use jws::MAX_TOKEN_BYTES;
pub use key_set::{JwksError, KeySet, KeySource, LocalKeys, MAX_KEYS, SkippedKey};
pub use verifier::{Policy, Verifier, verify_signature_only};
