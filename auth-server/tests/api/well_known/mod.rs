//! `/.well-known/…`

mod jwks;
mod metadata;
mod public_key;
mod several_keys;
