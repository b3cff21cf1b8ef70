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
    key_ring::{KeyRing, KeyRingError, StoredSecrets},
    life::{KeyPolicy, Stage},
    master_key::MasterKeys,
    rotation::{KeyMaker, take_steps, whole_seconds},
    signing_key::RsaBits,
    status::KeysStatus,
    store,
};
use crate::failure::Failure;

/// The present keys, for every part of the server.
pub struct Keys {
    policy: KeyPolicy,
    latest: ArcSwapOption<Confirmed>,
    published: Arc<LocalKeys>,
    trouble: Mutex<Option<String>>,
    loaded: Notify,
    changed: Notify,
}

/// A key ring, what it was made of, and when the database was asked for that.
struct Confirmed {
    key_ring: Arc<KeyRing>,
    stored: StoredSecrets,
    at: Instant,
}

/// What is published, and for how long it may be kept.
pub struct Published {
    /// The key ring to publish.
    pub key_ring: Arc<KeyRing>,
    /// `max-age` of its key set.
    pub max_age: Duration,
}

impl Keys {
    /// No keys yet.
    #[must_use]
    pub fn new(policy: KeyPolicy) -> Self {
        Self {
            policy,
            latest: ArcSwapOption::empty(),
            published: Arc::new(LocalKeys::new(KeySet::default())),
            trouble: Mutex::new(Some("not loaded yet".to_owned())),
            loaded: Notify::new(),
            changed: Notify::new(),
        }
    }

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
            .filter(|latest| latest.at.elapsed() < self.policy.good_for());
        confirmed
            .map(|latest| Arc::clone(&latest.key_ring))
            .ok_or(Failure::KeysNotLoaded)
    }

    /// The latest key ring, however old: what it publishes stays good while the database is away. For how
    /// long it may be kept shrinks meanwhile.
    ///
    /// # Errors
    ///
    /// [`Failure::KeysNotLoaded`] until it was loaded once.
    pub fn published(&self) -> Result<Published, Failure> {
        let latest = self.latest.load();
        let latest = latest.as_ref().ok_or(Failure::KeysNotLoaded)?;
        Ok(Published {
            key_ring: Arc::clone(&latest.key_ring),
            max_age: self.policy.max_age_after(latest.at.elapsed()),
        })
    }

    /// Has the keeper look at the database now: something was heard of that it ought to know.
    pub fn look_again(&self) {
        self.changed.notify_one();
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

    /// How they are doing.
    #[must_use]
    pub fn status(&self) -> KeysStatus {
        let latest = self.latest.load();
        let lives = latest.as_ref().map(|latest| latest.key_ring.lives());
        let age = latest.as_ref().map(|latest| latest.at.elapsed());
        KeysStatus::new(&self.policy, lives.unwrap_or_default(), age)
    }

    /// Takes what the database holds as of `at`. A key ring is built only if that has changed.
    fn confirm(
        &self,
        stored: StoredSecrets,
        master_keys: &MasterKeys,
        at: Instant,
    ) -> Result<Arc<KeyRing>, KeyRingError> {
        let latest = self.latest.load_full();
        let key_ring = match &latest {
            Some(latest) if latest.stored == stored => Arc::clone(&latest.key_ring),
            _ => {
                let key_ring = KeyRing::open(&stored, master_keys)?;
                self.published.replace(key_ring.published().clone());
                Arc::new(key_ring)
            }
        };
        self.latest.store(Some(Arc::new(Confirmed {
            key_ring: Arc::clone(&key_ring),
            stored,
            at,
        })));
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.loaded.notify_waiters();
        if latest.is_none() {
            log::info!("signing keys loaded");
        }
        Ok(key_ring)
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
    /// The size of new keys.
    pub rsa_bits: RsaBits,
    /// The intervals of their lives.
    pub policy: KeyPolicy,
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

/// How soon a database that was away is tried again, and how soon the steps that one look found due are
/// followed by the next look.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// What came of a look at the keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Look {
    /// There was nothing to be done, or it is another replica that does it.
    Settled,
    /// Something was done, and more may follow from it.
    Stepped,
}

impl Keeper {
    /// Loads the keys, creating the first ones if there never were any, looks again from time to time, and
    /// takes the steps of their lives that are due, for as long as it is polled.
    pub async fn keep(self) {
        let look_again = self.policy.look_again();
        let keeper = Arc::new(self);
        loop {
            let pause = match keeper.look().await {
                Ok(Look::Settled) => look_again,
                Ok(Look::Stepped) => TRY_AGAIN.min(look_again),
                Err(error) => {
                    keeper.keys.report(&error);
                    TRY_AGAIN
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = keeper.keys.changed.notified() => {}
            }
        }
    }

    async fn look(self: &Arc<Self>) -> Result<Look, KeeperError> {
        let keeper = Arc::clone(self);
        self.database
            .run(move |connection| keeper.look_with(connection))
            .await
    }

    fn look_with(&self, connection: &mut PgConnection) -> Result<Look, KeeperError> {
        let maker = KeyMaker {
            master_keys: &self.master_keys,
            rsa_bits: self.rsa_bits,
            policy: self.policy,
        };
        if self.keys.latest.load().is_none() {
            let current = migrations::is_current(connection, self.migrations);
            if !current.map_err(DatabaseError::from)? {
                return Err(KeeperError::NotMigrated);
            }
            create_first_keys(connection, &maker)?;
        }
        let key_ring = self.load(connection)?;
        let now = store::now(connection).map_err(DatabaseError::from)?;
        if self.policy.steps_due(key_ring.lives(), now).is_empty() {
            return Ok(Look::Settled);
        }
        if take_steps(connection, &maker)? {
            self.load(connection)?;
            return Ok(Look::Stepped);
        }
        Ok(Look::Settled)
    }

    /// Reads the keys and puts them to use. How long tokens live here is noted with the keys first, since
    /// the keys stay published for as long.
    fn load(&self, connection: &mut PgConnection) -> Result<Arc<KeyRing>, KeeperError> {
        let at = Instant::now();
        let mut stored = StoredSecrets::load(connection).map_err(DatabaseError::from)?;
        let lifetime = whole_seconds(self.policy.token_lifetime);
        let too_short = |stored: &StoredSecrets| {
            stored.signing_keys.iter().any(|key| {
                key.life.stage() != Stage::Retiring && key.life.token_lifetime_seconds < lifetime
            })
        };
        if too_short(&stored) {
            store::raise_token_lifetime(connection, lifetime).map_err(DatabaseError::from)?;
            stored = StoredSecrets::load(connection).map_err(DatabaseError::from)?;
        }
        Ok(self.keys.confirm(stored, &self.master_keys, at)?)
    }
}
