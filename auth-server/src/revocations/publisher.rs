//! Keeps the feed in step with the database, for as long as the process lives. A request for the feed is
//! answered from memory: resource servers cause no query.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::PgConnection;
use service_runtime::{
    database::{Database, DatabaseError},
    health::Missing,
};
use shared_claims::{FEED_TYPE, LocalRevocations, RevocationClaims, RevocationSource, Revocations};
use tokio::sync::Notify;

use super::{
    feed::{Feed, KEY_ENTRY_LIFETIME},
    status::FeedStatus,
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
    latest: ArcSwapOption<Latest>,
    first: Notify,
    known: Arc<LocalRevocations>,
}

/// A document, and when the database last confirmed that there is nothing to add to it.
struct Latest {
    document: Arc<PublishedDocument>,
    confirmed: Instant,
}

/// How long a document is served without the database's word: half of what is promised. Another replica may
/// know more by then, and whoever asks is better told so.
const GOOD_FOR: Duration = Duration::from_secs(5);

impl PublishedRevocations {
    /// The signed document; `None` until there is one, and while the database is away.
    #[must_use]
    pub fn document(&self) -> Option<Arc<PublishedDocument>> {
        let latest = self.latest.load();
        let latest = latest.as_ref()?;
        (latest.confirmed.elapsed() < GOOD_FOR).then(|| Arc::clone(&latest.document))
    }

    /// Comes back when there is a document, which may be never.
    pub async fn wait_until_published(&self) {
        let published = self.first.notified();
        if self.latest.load().is_none() {
            published.await;
        }
    }

    /// What readiness has to say of the feed.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        self.document().is_none().then(|| Missing {
            part: "revocation_feed",
            reason: "the database has not confirmed it lately".to_owned(),
        })
    }

    /// How the feed is doing.
    #[must_use]
    pub fn status(&self) -> FeedStatus {
        let latest = self.latest.load();
        FeedStatus {
            published: self.document().is_some(),
            age: latest.as_ref().map(|latest| latest.confirmed.elapsed()),
            entries: self.known.current().len(),
        }
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
    signed: Option<Signed>,
}

/// What was signed last, and by which key.
struct Signed {
    document: Arc<PublishedDocument>,
    kid: String,
    claims: RevocationClaims,
}

impl Publisher {
    /// Looks for revocations and publishes them for as long as it is polled.
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
                // That is reported elsewhere.
                Err(Failure::KeysNotLoaded | Failure::Database(DatabaseError::NoConnection(_))) => {
                }
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
        let confirmed = Instant::now();
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
        let document = match &progress.signed {
            Some(signed) if signed.claims == claims && signed.kid == kid => {
                Arc::clone(&signed.document)
            }
            _ => {
                let text = sign(FEED_TYPE, &claims, key_ring.active())?;
                self.published.known.replace(Revocations::from(&claims));
                let document = Arc::new(PublishedDocument::new(text));
                progress.signed = Some(Signed {
                    document: Arc::clone(&document),
                    kid: kid.to_owned(),
                    claims,
                });
                document
            }
        };
        self.published.latest.store(Some(Arc::new(Latest {
            document,
            confirmed,
        })));
        self.published.first.notify_waiters();
        Ok(())
    }
}
