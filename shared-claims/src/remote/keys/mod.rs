//! Keeps the issuer's key set fresh over HTTP.
//!
//! One background task does all fetching: on its schedule, shortly before the keys are stale, and
//! when a token names an unknown key, which can happen once per cooldown. So a request whose key
//! is known never waits for a fetch, and whoever makes up `kid`s causes one fetch per cooldown, not
//! one each. A fetch that fails, or that brings no usable key, changes nothing about the keys in
//! use; they serve for 24 hours more.

mod config;
mod state;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

pub use config::KeysConfig;

use super::fetch::{Document, FetchError, Fetched, Fetcher};
use super::{StartError, schedule};
use crate::key_set::{KeySet, KeySource};
use state::State;

/// The issuer's keys, kept fresh in the background until this is dropped.
#[derive(Debug)]
pub struct RemoteKeys {
    state: Arc<State>,
    landings: watch::Receiver<()>,
    task: JoinHandle<()>,
}

impl RemoteKeys {
    /// Starts fetching, and does not wait for the outcome: until the first keys are there, tokens
    /// are answered with [`KeysUnavailable`](crate::VerifyError::KeysUnavailable).
    ///
    /// # Errors
    /// [`StartError`] outside a tokio runtime, and when no HTTP client can be made.
    pub fn start(config: &KeysConfig) -> Result<Arc<Self>, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let fetcher = Fetcher::new(&config.source)?;
        let state = Arc::new(State::new(config));
        let (landed, landings) = watch::channel(());
        let task = runtime.spawn(keep_fresh(
            Arc::clone(&state),
            fetcher,
            config.clone(),
            landed,
        ));
        Ok(Arc::new(Self {
            state,
            landings,
            task,
        }))
    }

    /// How the keys are doing.
    #[must_use]
    pub fn status(&self) -> KeysStatus {
        self.state.status(Instant::now())
    }

    /// Comes back when there are keys to verify with, which may be never.
    pub async fn wait_until_ready(&self) {
        let mut landings = self.landings.clone();
        while self.current().is_none() && landings.changed().await.is_ok() {}
    }
}

impl KeySource for RemoteKeys {
    fn current(&self) -> Option<Arc<KeySet>> {
        self.state.keys(Instant::now())
    }

    fn refetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let mut landings = self.landings.clone();
            if self
                .state
                .join_flight(Instant::now(), || landings.mark_unchanged())
            {
                // An error means that the task has ended, and with it the hope for newer keys.
                let _ = landings.changed().await;
            }
        })
    }
}

impl Drop for RemoteKeys {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a [`RemoteKeys`] is doing, for readiness checks and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeysStatus {
    /// Whether tokens can be verified. Not so at first, nor a day after the issuer went away.
    pub ready: bool,
    /// How many keys there are.
    pub keys: usize,
    /// How long ago the issuer last confirmed them.
    pub since_success: Option<Duration>,
    /// How many fetches have failed since.
    pub failures: u32,
    /// How many fetches have ever failed.
    pub failures_total: u64,
    /// Why the last of those failed, unless one has succeeded since.
    pub last_error: Option<FetchError>,
}

/// Fetches whenever a refresh is due or an unknown key makes it worthwhile, for ever.
async fn keep_fresh(
    state: Arc<State>,
    fetcher: Fetcher,
    config: KeysConfig,
    landed: watch::Sender<()>,
) {
    let mut etag: Option<HeaderValue> = None;
    let mut due = Instant::now();
    loop {
        tokio::select! {
            () = sleep_until(due) => {}
            () = state.called_for() => {}
        }
        state.take_off();
        let outcome = fetch(&fetcher, &mut etag).await;
        let jitter = schedule::jitter();
        let next = match &outcome {
            Ok((_, cache_control)) => schedule::refresh_after(
                cache_control.as_deref(),
                config.min_refresh,
                config.max_refresh,
                jitter,
            ),
            Err(_) => schedule::retry_after(state.failures() + 1, jitter),
        };
        state.land(outcome.map(|(newer, _)| newer), Instant::now(), || {
            landed.send_replace(());
        });
        due = Instant::now() + next;
    }
}

/// Newer keys, unless those that the entity tag stands for are still the newest; and the
/// `Cache-Control` that came along.
async fn fetch(
    fetcher: &Fetcher,
    etag: &mut Option<HeaderValue>,
) -> Result<(Option<KeySet>, Option<String>), FetchError> {
    let Fetched {
        document,
        cache_control,
    } = fetcher.fetch(etag.as_ref()).await?;
    let newer = match document {
        Document::Unchanged => None,
        Document::Changed { body, etag: newer } => {
            let keys = KeySet::from_jwks(&body)?;
            if keys.is_empty() {
                return Err(FetchError::NoUsableKey);
            }
            *etag = newer;
            Some(keys)
        }
    };
    Ok((newer, cache_control))
}
