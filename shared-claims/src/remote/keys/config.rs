//! Where the key set is, and within which bounds it is fetched.

use std::time::Duration;

use crate::remote::source::{InvalidUrl, Source};

/// The registered type, and the one that most issuers send.
const MEDIA_TYPES: &[&str] = &["application/jwk-set+json", "application/json"];

/// Where the issuer publishes its keys, and the bounds within which they are fetched. The defaults
/// suit a service next to its auth server.
#[derive(Clone, Debug)]
pub struct KeysConfig {
    pub(in crate::remote) source: Source,
    pub(super) min_refresh: Duration,
    pub(super) max_refresh: Duration,
    pub(super) cooldown: Duration,
    pub(super) keep_for: Duration,
}

impl KeysConfig {
    /// Fetches from this URL, `http` or `https` as it says; redirects are not followed, and no
    /// proxy is used. Over plain `http` whoever sits on the way can put in keys of their own:
    /// that is for a private network.
    ///
    /// # Errors
    /// [`InvalidUrl`] for anything but an absolute `http` or `https` URL, and for one with a user
    /// name or password in it.
    pub fn new(jwks_url: &str) -> Result<Self, InvalidUrl> {
        Ok(Self {
            source: Source::new(jwks_url, MEDIA_TYPES, 256 * 1024)?,
            min_refresh: Duration::from_secs(1),
            max_refresh: Duration::from_secs(60 * 60),
            cooldown: Duration::from_secs(10),
            keep_for: Duration::from_secs(24 * 60 * 60),
        })
    }

    /// How long a fetch may take, from the connection to the last byte. Default: 2 seconds.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.source.timeout = timeout;
        self
    }

    /// How long a document may be, in bytes; nothing is read past that. Default: 256 KiB.
    #[must_use]
    pub fn with_max_document_bytes(mut self, bytes: usize) -> Self {
        self.source.max_document_bytes = bytes;
        self
    }

    /// Between which bounds the issuer's `max-age` is believed. Default: 1 second and 1 hour.
    #[must_use]
    pub fn with_refresh_between(mut self, min: Duration, max: Duration) -> Self {
        self.min_refresh = min;
        self.max_refresh = max.max(min);
        self
    }

    /// How long after a fetch that an unknown `kid` caused another one may. Default: 10 seconds.
    #[must_use]
    pub fn with_cooldown(mut self, cooldown: Duration) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// How long the last good keys are used when the issuer cannot be reached. Default: 24 hours.
    #[must_use]
    pub fn with_keep_for(mut self, keep_for: Duration) -> Self {
        self.keep_for = keep_for;
        self
    }
}
