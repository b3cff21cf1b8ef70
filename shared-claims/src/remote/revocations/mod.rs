//! Learns from the issuer's feed what is revoked.
//!
//! One background task asks for the feed every few seconds, with its entity tag. What it says is
//! added to what is known; a document that is late, false or not there at all takes nothing away.
//! While the feed is down, a token that was revoked meanwhile is good until it expires: the status
//! says so.

mod config;
mod state;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

pub use config::RevocationsConfig;

use super::fetch::{Document, FetchError, Fetcher};
use super::{StartError, schedule};
use crate::clock::unix_now;
use crate::error::VerifyError;
use crate::key_set::KeySource;
use crate::revocation_feed::{FeedPolicy, RevocationClaims};
use crate::revocations::{RevocationSource, Revocations};
use state::State;

/// What the issuer has revoked, kept fresh in the background until this is dropped.
#[derive(Debug)]
pub struct RemoteRevocations {
    state: Arc<State>,
    announced: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl RemoteRevocations {
    /// Starts to ask for the feed, whose documents are signed with one of these keys, and does not
    /// wait for the outcome: until the first document is there, nothing is known to be revoked.
    ///
    /// # Errors
    /// [`StartError`] outside a tokio runtime, and when no HTTP client can be made.
    pub fn start(
        config: &RevocationsConfig,
        keys: Arc<dyn KeySource>,
    ) -> Result<Arc<Self>, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let state = Arc::new(State::new(config.poll_interval));
        let poller = Poller {
            state: Arc::clone(&state),
            fetcher: Fetcher::new(&config.source)?,
            policy: config.policy.clone(),
            keys,
            last: None,
        };
        let (announce, announced) = watch::channel(false);
        let task = runtime.spawn(poller.poll_for_ever(config.poll_interval, announce));
        Ok(Arc::new(Self {
            state,
            announced,
            task,
        }))
    }

    /// How the feed is doing.
    #[must_use]
    pub fn status(&self) -> RevocationsStatus {
        self.state.status(Instant::now())
    }

    /// Comes back when the feed was asked for once, whatever the outcome. A service that waits for
    /// it, and finds that [`RevocationsStatus::up`] holds, lets nobody in by a token that was revoked
    /// before the service started.
    pub async fn wait_until_polled(&self) {
        // An error means that the task has ended, and with it the hope for an outcome.
        let _ = self.announced.clone().wait_for(|polled| *polled).await;
    }
}

impl RevocationSource for RemoteRevocations {
    fn current(&self) -> Arc<Revocations> {
        self.state.known()
    }
}

impl Drop for RemoteRevocations {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a [`RemoteRevocations`] is doing, for readiness checks and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationsStatus {
    /// Whether the issuer confirmed what is known within the last two polls (a second, where those
    /// are shorter). While it has not, tokens fall back to their own expiry.
    pub up: bool,
    /// How many sessions and keys are known to be revoked.
    pub entries: usize,
    /// How long ago the issuer last confirmed them.
    pub since_success: Option<Duration>,
    /// How many polls have failed since.
    pub failures: u32,
    /// How many polls have ever failed.
    pub failures_total: u64,
    /// Why the last of those failed, unless one has succeeded since.
    pub last_error: Option<FetchError>,
}

struct Poller {
    state: Arc<State>,
    fetcher: Fetcher,
    policy: FeedPolicy,
    keys: Arc<dyn KeySource>,
    last: Option<Last>,
}

/// The last document that proved something.
struct Last {
    etag: Option<HeaderValue>,
    iat: i64,
    exp: i64,
}

impl Poller {
    async fn poll_for_ever(mut self, interval: Duration, announce: watch::Sender<bool>) {
        loop {
            let begun = Instant::now();
            let outcome = self.poll().await;
            let jitter = schedule::jitter();
            // From beginning to beginning, so that a slow answer does not stretch the interval.
            let mut due = begun + schedule::poll_after(interval, jitter);
            if outcome.is_err() {
                let retry = schedule::retry_after(self.state.failures() + 1, jitter);
                due = due.min(Instant::now() + retry);
            }
            self.state.land(outcome, Instant::now());
            announce.send_replace(true);
            sleep_until(due).await;
        }
    }

    async fn poll(&mut self) -> Result<(), FetchError> {
        let etag = self.last.as_ref().and_then(|last| last.etag.as_ref());
        match self.fetcher.fetch(etag).await?.document {
            Document::Changed { body, etag } => {
                let claims = self.verify(&body).await?;
                self.state.learn(&self.policy, &claims, unix_now());
                let RevocationClaims { iat, exp, .. } = claims;
                self.last = Some(Last { etag, iat, exp });
            }
            Document::Unchanged => self.confirm()?,
        }
        Ok(())
    }

    /// A document may be the first thing that is signed with a new key.
    async fn verify(&self, unverified_document: &[u8]) -> Result<RevocationClaims, VerifyError> {
        match self.verify_at_once(unverified_document) {
            Err(VerifyError::UnknownKey | VerifyError::KeysUnavailable) => {
                self.keys.refetch().await;
                self.verify_at_once(unverified_document)
            }
            outcome => outcome,
        }
    }

    fn verify_at_once(&self, unverified_document: &[u8]) -> Result<RevocationClaims, VerifyError> {
        let keys = self.keys.current().ok_or(VerifyError::KeysUnavailable)?;
        let known = self.state.known();
        self.policy
            .verify(unverified_document, &keys, &known, unix_now())
    }

    /// A cache can say of an old document that it is unchanged for as long as it likes.
    fn confirm(&mut self) -> Result<(), VerifyError> {
        if let Some(Last { iat, exp, .. }) = self.last
            && let Err(error) = self.policy.check_instant(iat, exp, unix_now())
        {
            // To be asked for without its entity tag, as if for the first time.
            self.last = None;
            return Err(error);
        }
        Ok(())
    }
}
