//! Keeps the key ring in step with the database, from the start of the process to its end.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use diesel::PgConnection;
use diesel_migrations::EmbeddedMigrations;
use service_runtime::{
    database::{Database, DatabaseError},
    health::Missing,
    migrations,
};
use shared_claims::{KeySet, LocalKeys};
use tokio::sync::Notify;

use super::{
    first_start::create_first_keys,
    key_ring::{KeyRing, KeyRingError},
    master_key::MasterKeys,
    signing_key::RsaBits,
};
use crate::failure::Failure;

/// The present keys, for every part of the server.
pub struct Keys {
    latest: ArcSwapOption<Confirmed>,
    published: Arc<LocalKeys>,
    trouble: Mutex<Option<String>>,
    loaded: Notify,
}

/// A key ring, and when the database was asked for it.
struct Confirmed {
    key_ring: Arc<KeyRing>,
    at: Instant,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            latest: ArcSwapOption::empty(),
            published: Arc::new(LocalKeys::new(KeySet::default())),
            trouble: Mutex::new(Some("not loaded yet".to_owned())),
            loaded: Notify::new(),
        }
    }
}

impl Keys {
    /// The key ring to sign and hash with, confirmed by the database a moment ago. A replica that
    /// can no longer read the keys stops signing: it would go on with a key that the others have
    /// dropped.
    ///
    /// # Errors
    ///
    /// [`Failure::KeysNotLoaded`] until it was loaded once, and when that is too long ago.
    pub fn key_ring(&self) -> Result<Arc<KeyRing>, Failure> {
        let latest = self.latest.load();
        let confirmed = latest
            .as_ref()
            .filter(|latest| latest.at.elapsed() < GOOD_FOR);
        confirmed
            .map(|latest| Arc::clone(&latest.key_ring))
            .ok_or(Failure::KeysNotLoaded)
    }

    /// The latest key ring, however old: what it publishes stays good while the database is away.
    ///
    /// # Errors
    ///
    /// [`Failure::KeysNotLoaded`] until it was loaded once.
    pub fn published_key_ring(&self) -> Result<Arc<KeyRing>, Failure> {
        let latest = self.latest.load();
        latest
            .as_ref()
            .map(|latest| Arc::clone(&latest.key_ring))
            .ok_or(Failure::KeysNotLoaded)
    }

    /// Comes back when the key ring was loaded once, which may be never.
    pub async fn wait_until_loaded(&self) {
        let loaded = self.loaded.notified();
        if self.latest.load().is_none() {
            loaded.await;
        }
    }

    /// The published keys, as this server's own verifier sees them.
    #[must_use]
    pub fn verification_keys(&self) -> Arc<LocalKeys> {
        Arc::clone(&self.published)
    }

    /// What readiness has to say of the keys.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone().map(|reason| Missing {
            part: "signing_keys",
            reason,
        })
    }

    fn replace(&self, key_ring: KeyRing) {
        self.published.replace(key_ring.published().clone());
        let previous = self.latest.swap(Some(Arc::new(Confirmed {
            key_ring: Arc::new(key_ring),
            at: Instant::now(),
        })));
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.loaded.notify_waiters();
        if previous.is_none() {
            log::info!("signing keys loaded");
        }
    }

    /// Notes why the keys could not be read, and logs it once for each reason. Keys that were read
    /// before stay in use: they are still good while the database is away.
    fn report(&self, error: &KeeperError) {
        let reason = error.to_string();
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.as_deref() == Some(reason.as_str()) {
            return;
        }
        match error {
            KeeperError::Database(_) => log::warn!("waiting for the database: {reason}"),
            KeeperError::NotMigrated => log::warn!("waiting for the schema: {reason}"),
            KeeperError::KeyRing(_) => log::error!("signing keys: {reason}"),
        }
        *trouble = Some(reason);
    }
}

/// What the keeper needs.
pub struct Keeper {
    /// Where the keys are to be seen.
    pub keys: Arc<Keys>,
    /// Where they are stored.
    pub database: Database,
    /// What opens them.
    pub master_keys: Arc<MasterKeys>,
    /// The size of the first key.
    pub rsa_bits: RsaBits,
    /// The schema that this binary was built for.
    pub migrations: &'static EmbeddedMigrations,
}

/// Why the keys could not be read this time.
#[derive(Debug, thiserror::Error)]
enum KeeperError {
    #[error("{0}")]
    Database(#[from] DatabaseError),
    #[error("the database is not migrated: run `auth-server migrate`")]
    NotMigrated,
    #[error(transparent)]
    KeyRing(KeyRingError),
}

impl From<KeyRingError> for KeeperError {
    fn from(error: KeyRingError) -> Self {
        match error {
            KeyRingError::Database(error) => Self::Database(error.into()),
            other => Self::KeyRing(other),
        }
    }
}

/// How soon a change made by another replica is seen here.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long a key ring is signed with after the database confirmed it.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// How soon a database that was away is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

impl Keeper {
    /// Loads the keys, creating the first ones if there never were any, and looks again from time
    /// to time for as long as it is polled.
    pub async fn keep(self) {
        loop {
            let pause = match self.load().await {
                Ok(()) => LOOK_AGAIN,
                Err(error) => {
                    self.keys.report(&error);
                    TRY_AGAIN
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn load(&self) -> Result<(), KeeperError> {
        let (master_keys, bits) = (Arc::clone(&self.master_keys), self.rsa_bits);
        let migrations = self.migrations;
        let load = move |connection: &mut PgConnection| {
            let current = migrations::is_current(connection, migrations);
            if !current.map_err(DatabaseError::from)? {
                return Err(KeeperError::NotMigrated);
            }
            create_first_keys(connection, &master_keys, bits)?;
            Ok(KeyRing::load(connection, &master_keys)?)
        };
        self.keys.replace(self.database.run(load).await?);
        Ok(())
    }
}
