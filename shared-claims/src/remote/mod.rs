//! Keeps what the issuer publishes fresh over HTTP: one background task for each document, which asks
//! for it on its schedule, with its entity tag, and within bounds of time and size. An answer that
//! is not what it should be changes nothing about what is known.

mod fetch;
mod keys;
mod revocations;
mod schedule;
mod source;

pub use fetch::FetchError;
pub use keys::{KeysConfig, KeysStatus, RemoteKeys};
pub use revocations::{RemoteRevocations, RevocationsConfig, RevocationsStatus};
pub use source::InvalidUrl;

/// Why a document cannot be kept fresh.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Not called from within a tokio runtime, which has to outlive what is started.
    #[error("not within a tokio runtime")]
    NoRuntime,
    /// There is no HTTP client to be had.
    ///
    /// Likely cause: an `https` URL on a machine without CA certificates.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}
