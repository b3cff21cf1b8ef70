//! Where the revocation feed is, and how often it is asked for.

use std::time::Duration;

use crate::remote::keys::KeysConfig;
use crate::remote::source::{InvalidUrl, Source};
use crate::revocation_feed::{FEED_MEDIA_TYPE, FEED_PATH, FeedPolicy};

/// Where the issuer publishes its revocations, how often they are asked for, and within which
/// bounds.
#[derive(Clone, Debug)]
pub struct RevocationsConfig {
    pub(super) source: Source,
    pub(super) policy: FeedPolicy,
    pub(super) poll_interval: Duration,
}

impl RevocationsConfig {
    /// The feed of this issuer (the auth server's public URL, to the letter), where issuers publish
    /// it. Redirects are not followed, and no proxy is used.
    ///
    /// # Errors
    /// [`InvalidUrl`] for an issuer that is no absolute `http` or `https` URL.
    pub fn new(issuer: &str) -> Result<Self, InvalidUrl> {
        let policy = FeedPolicy::new(issuer);
        let url = format!("{issuer}{FEED_PATH}");
        Ok(Self {
            source: Source::new(&url, &[FEED_MEDIA_TYPE], policy.max_document_bytes())?,
            policy,
            poll_interval: Duration::from_secs(5),
        })
    }

    /// Asks at this URL instead. It needs no trust, since the documents are signed; over plain
    /// `http` whoever sits on the way can hold them back.
    ///
    /// # Errors
    /// [`InvalidUrl`] for anything but an absolute `http` or `https` URL, and for one with a user
    /// name or password in it.
    pub fn with_url(mut self, url: &str) -> Result<Self, InvalidUrl> {
        self.source.set_url(url)?;
        Ok(self)
    }

    /// Asks for the document beside the key set, which is not below the issuer's public URL where
    /// services reach the auth server by another address.
    ///
    /// # Errors
    /// [`InvalidUrl`] when there is no such place.
    pub fn beside(mut self, keys: &KeysConfig) -> Result<Self, InvalidUrl> {
        let name = FEED_PATH.rsplit('/').next().unwrap_or_default();
        self.source.set_url_beside(&keys.source, name)?;
        Ok(self)
    }

    /// How often to ask, 10 ms at the least. A revocation takes effect within this time, and the
    /// time that the auth server needs to publish it. Default: 5 seconds.
    #[must_use]
    pub fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval.max(Duration::from_millis(10));
        self
    }

    /// How long an answer may take, from the connection to the last byte. Default: 2 seconds.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.source.timeout = timeout;
        self
    }

    /// How long a document may be, in bytes; nothing is read past that. Default: 8 MiB.
    #[must_use]
    pub fn with_max_document_bytes(mut self, bytes: usize) -> Self {
        self.source.max_document_bytes = bytes;
        self.policy = self.policy.with_max_document_bytes(bytes);
        self
    }

    /// By how much clocks may differ; as in the verifier's [`Policy`](crate::Policy). Default: 5
    /// seconds.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.with_leeway(leeway);
        self
    }
}
