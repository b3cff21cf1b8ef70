//! `/.well-known/…`

mod jwks;
mod metadata;
mod public_key;
mod revocations;
mod several_keys;
