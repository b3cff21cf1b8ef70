//! Keeps the feed in step with the database, for as long as the process lives. A request for the feed is
//! answered from memory: resource servers cause no query.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::PgConnection;
use service_runtime::{
    database::{Database, DatabaseError},
    health::Missing,
};
use shared_claims::{FEED_TYPE, LocalRevocations, RevocationClaims, Revocations};
use tokio::sync::Notify;

use super::{
    feed::{Feed, KEY_ENTRY_LIFETIME},
    store::{self, COMMIT_DELAY},
};
use crate::{
    failure::Failure,
    keys::{keeper::Keys, key_ring::PublishedDocument},
    tokens::jws::sign,
};

/// The feed as it is served, and as this server's own verifier sees it.
#[derive(Default)]
pub struct PublishedRevocations {
    document: ArcSwapOption<PublishedDocument>,
    first: Notify,
    known: Arc<LocalRevocations>,
}

impl PublishedRevocations {
    /// The signed document; `None` until there is one.
    #[must_use]
    pub fn document(&self) -> Option<Arc<PublishedDocument>> {
        self.document.load_full()
    }

    /// Comes back when there is a document, which may be never.
    pub async fn wait_until_published(&self) {
        let published = self.first.notified();
        if self.document.load().is_none() {
            published.await;
        }
    }

    /// What readiness has to say of the feed.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        self.document.load().is_none().then(|| Missing {
            part: "revocation_feed",
            reason: "not signed yet".to_owned(),
        })
    }

    /// What is revoked, for this server's own verifier.
    #[must_use]
    pub fn known(&self) -> Arc<LocalRevocations> {
        Arc::clone(&self.known)
    }
}

/// What the publisher needs.
pub struct Publisher {
    /// Where the feed is to be seen.
    pub published: Arc<PublishedRevocations>,
    /// Where revocations are stored.
    pub database: Database,
    /// What signs.
    pub keys: Arc<Keys>,
    /// The `iss` of the document.
    pub issuer: String,
}

/// How soon a revocation is published after its commit.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// How far each look reaches back behind the one before: entries become visible when their transaction is
/// committed, with the instant at which it began.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);

/// What is known, and as of when.
#[derive(Default)]
struct Progress {
    feed: Feed,
    read_until: Option<DateTime<Utc>>,
    signed: Option<(RevocationClaims, String)>,
}

impl Publisher {
    /// Looks for revocations and publishes them for as long as it is polled. While the database is away the
    /// last document stays, until it proves nothing any more.
    pub async fn publish(self) {
        self.keys.wait_until_loaded().await;
        let publisher = Arc::new(self);
        let progress = Arc::new(Mutex::new(Progress::default()));
        let mut in_trouble = false;
        loop {
            let (this, progress) = (Arc::clone(&publisher), Arc::clone(&progress));
            let look = move |connection: &mut PgConnection| {
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                this.look(connection, &mut progress)
            };
            match publisher.database.run(look).await {
                Ok(()) => in_trouble = false,
                // Without keys or a database nothing can be revoked either; both are reported elsewhere.
                Err(Failure::KeysNotLoaded | Failure::Database(_)) => {}
                Err(failure) if in_trouble => log::debug!("the revocation feed: {failure}"),
                Err(failure) => {
                    in_trouble = true;
                    log::error!("the revocation feed cannot be published: {failure}");
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn look(&self, connection: &mut PgConnection, progress: &mut Progress) -> Result<(), Failure> {
        let key_ring = self.keys.key_ring()?;
        let (now, token_lifetime) = store::horizon(connection).map_err(DatabaseError::from)?;
        let everything = now
            - TimeDelta::seconds(token_lifetime.into())
            - TimeDelta::from_std(COMMIT_DELAY).unwrap_or_default();
        let since = progress
            .read_until
            .map_or(everything, |until| until - OVERLAP);
        let sessions = store::since(connection, since).map_err(DatabaseError::from)?;
        let key_horizon = now - TimeDelta::from_std(KEY_ENTRY_LIFETIME).unwrap_or_default();
        let keys = store::keys_since(connection, key_horizon).map_err(DatabaseError::from)?;

        progress.feed.learn(sessions, keys, token_lifetime);
        progress.feed.forget(now);
        progress.read_until = Some(now);
        if progress.feed.has_key(key_ring.active().kid()) {
            // Another replica or an operator has dropped the key that this one still signs with.
            self.keys.look_again();
        }

        let claims = progress.feed.claims(&self.issuer, now);
        let kid = key_ring.active().kid();
        let unchanged = progress
            .signed
            .as_ref()
            .is_some_and(|(signed, by)| *signed == claims && by == kid);
        if !unchanged {
            let document = sign(FEED_TYPE, &claims, key_ring.active())?;
            self.published.known.replace(Revocations::from(&claims));
            let document = PublishedDocument::new(document);
            self.published.document.store(Some(Arc::new(document)));
            self.published.first.notify_waiters();
            progress.signed = Some((claims, kid.to_owned()));
        }
        Ok(())
    }
}
