//! What an operator does to the keys: `auth-server keys …`. Each is one transaction under the lock that
//! the servers' own rotation takes, and a security event.

use chrono::{DateTime, Utc};
use diesel::{
    Connection, PgConnection,
    result::{DatabaseErrorKind, Error as DieselError},
};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    key_ring::{KeyRingError, open, unseal_pepper},
    life::{KeyLife, MOST_KEYS, Stage, oldest},
    rotation::{KeyMaker, rotate},
    signing_key::SigningKey,
    store::{self, KeyRecord, StoredKey, pepper_label, private_key_label},
};
use crate::events::{self, Event, EventKind, Operator};

/// Why an operator's wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// No published key has that name.
    #[error("no published key is named {0}")]
    NoSuchKey(String),
    /// There is a pending key, and it may not sign yet.
    #[error(
        "{kid} may sign from {from}; tokens that it signed before would be refused by whoever still holds the older key set"
    )]
    TooEarly {
        /// Which.
        kid: String,
        /// When it may.
        from: DateTime<Utc>,
    },
    /// No pending key was seen to be published.
    #[error(
        "no pending key has been published yet: a running auth server publishes it within seconds"
    )]
    NotPublished,
    /// It is active or retiring.
    #[error("{0} is not pending")]
    NotPending(String),
    /// The file holds no key that could be used.
    #[error("not an unencrypted RSA private key in PEM, PKCS#8 or PKCS#1, of 2048 to 8192 bits")]
    NotAKey,
    /// The key was here before, and may have been dropped.
    #[error("{0} is known already, or was")]
    AlreadyKnown(String),
    /// Verifiers read so many keys and no more.
    #[error("{MOST_KEYS} keys are published already, and verifiers read no more than 64")]
    TooMany,
    /// The keys could not be read or written.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
}

impl From<DieselError> for AdministrationError {
    fn from(error: DieselError) -> Self {
        Self::Keys(error.into())
    }
}

/// All keys that ever were, the oldest first.
///
/// # Errors
///
/// The statement's failure.
pub fn list(connection: &mut PgConnection) -> Result<Vec<KeyRecord>, AdministrationError> {
    Ok(store::key_records(connection)?)
}

/// Lets a pending key sign from now on: the named one, or else the one that has waited longest. Returns its
/// name.
///
/// # Errors
///
/// An [`AdministrationError`]: among others, that it may not sign yet.
pub fn rotate_now(
    connection: &mut PgConnection,
    operator: &Operator,
    maker: &KeyMaker<'_>,
    wanted: Option<&str>,
) -> Result<String, AdministrationError> {
    connection.transaction(|connection| {
        store::lock(connection)?;
        let keys = store::published_keys(connection)?;
        let now = store::now(connection)?;
        let active = keys.iter().find(|key| key.life.stage() == Stage::Active);
        let active = active.ok_or(KeyRingError::NoActiveKey)?;
        let successor = match wanted {
            Some(kid) => find(&keys, kid)?,
            None => oldest_pending(&keys, |key| key.is_ripe(now))
                .or_else(|| oldest_pending(&keys, |_| true))
                .ok_or(AdministrationError::NotPublished)?,
        };
        let life = &successor.life;
        if life.stage() != Stage::Pending {
            return Err(AdministrationError::NotPending(life.kid.clone()));
        }
        let from = life.signs_from.ok_or(AdministrationError::NotPublished)?;
        if !life.is_ripe(now) {
            let kid = life.kid.clone();
            return Err(AdministrationError::TooEarly { kid, from });
        }
        open(successor, maker.master_keys)?;
        let event = Event::by_operator(operator, EventKind::KeyRotated);
        rotate(connection, &active.life.kid, &life.kid, event)?;
        maker.make_missing(connection)?;
        Ok(life.kid.clone())
    })
}

/// What a revocation did.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct Revoked {
    /// The key that signs in its place, if it was the active one.
    #[schema(required = true)]
    pub promoted: Option<String>,
    /// Whether that one was published for too short a time for everyone to know it.
    pub early: bool,
}

/// Drops a key at once, because it may be in other hands: what it signed is refused everywhere as soon as
/// resource servers have heard of it. If it was the active one, a pending key takes over, ripe or not.
///
/// # Errors
///
/// An [`AdministrationError`].
pub fn revoke(
    connection: &mut PgConnection,
    operator: &Operator,
    maker: &KeyMaker<'_>,
    kid: &str,
) -> Result<Revoked, AdministrationError> {
    connection.transaction(|connection| {
        store::lock(connection)?;
        let keys = store::published_keys(connection)?;
        let now = store::now(connection)?;
        let key = find(&keys, kid)?;
        let mut revoked = Revoked {
            promoted: None,
            early: false,
        };
        if key.life.stage() == Stage::Active {
            let opens = |life: &KeyLife| {
                let key = keys.iter().find(|key| key.life.kid == life.kid);
                key.is_some_and(|key| open(key, maker.master_keys).is_ok())
            };
            let ripe = oldest_pending(&keys, |key| key.is_ripe(now) && opens(key));
            let successor = match ripe.or_else(|| oldest_pending(&keys, opens)) {
                Some(key) => key.life.kid.clone(),
                None => maker.make(connection)?,
            };
            let event = Event::by_operator(operator, EventKind::KeyRotated);
            rotate(connection, kid, &successor, event)?;
            revoked.early = ripe.is_none();
            revoked.promoted = Some(successor);
        }
        store::drop_key(connection, kid)?;
        store::mark_revoked(connection, kid)?;
        let event =
            Event::by_operator(operator, EventKind::KeyRevoked).with_details(json!({ "kid": kid }));
        events::record(connection, &event)?;
        maker.make_missing(connection)?;
        Ok(revoked)
    })
}

/// Takes a key from outside: it is published, and is as good as any other pending key. Returns its name.
///
/// # Errors
///
/// An [`AdministrationError`], which says nothing of the key.
pub fn import(
    connection: &mut PgConnection,
    operator: &Operator,
    maker: &KeyMaker<'_>,
    pem: &[u8],
) -> Result<String, AdministrationError> {
    let key = match PrivateKeyDer::from_pem_slice(pem) {
        Ok(PrivateKeyDer::Pkcs8(der)) => SigningKey::from_pkcs8(der.secret_pkcs8_der()),
        Ok(PrivateKeyDer::Pkcs1(der)) => SigningKey::from_pkcs1(der.secret_pkcs1_der()),
        _ => return Err(AdministrationError::NotAKey),
    };
    let key = key.map_err(|_| AdministrationError::NotAKey)?;
    connection.transaction(|connection| {
        store::lock(connection)?;
        if store::published_keys(connection)?.len() >= MOST_KEYS {
            return Err(AdministrationError::TooMany);
        }
        let kid = maker.store(connection, &key).map_err(|error| match error {
            KeyRingError::Database(DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                _,
            )) => AdministrationError::AlreadyKnown(key.kid().to_owned()),
            other => other.into(),
        })?;
        let event = Event::by_operator(operator, EventKind::KeyImported)
            .with_details(json!({ "kid": kid }));
        events::record(connection, &event)?;
        Ok(kid)
    })
}

/// How much was sealed anew.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, ToSchema)]
pub struct Resealed {
    /// Signing keys.
    pub keys: usize,
    /// Peppers.
    pub peppers: usize,
}

/// Seals everything under the current master key that an older one sealed. Repeating it changes nothing.
///
/// # Errors
///
/// An [`AdministrationError`], where something cannot be opened; then nothing has changed.
pub fn reseal(
    connection: &mut PgConnection,
    operator: &Operator,
    maker: &KeyMaker<'_>,
) -> Result<Resealed, AdministrationError> {
    let current = maker.master_keys.current();
    let id = current.id();
    let seal = |plain: &[u8], label: &str| current.seal(plain, label).map_err(KeyRingError::from);
    connection.transaction(|connection| {
        store::lock(connection)?;
        let mut resealed = Resealed::default();
        for key in store::published_keys(connection)? {
            if key.master_key_id.as_deref() == Some(id.as_bytes().as_slice()) {
                continue;
            }
            let kid = &key.life.kid;
            let pkcs8 = open(&key, maker.master_keys)?.pkcs8();
            let pkcs8 = pkcs8.map_err(KeyRingError::from)?;
            let sealed = seal(&pkcs8, &private_key_label(kid, &key.algorithm))?;
            store::reseal_key(connection, kid, &sealed, id.as_bytes())?;
            resealed.keys += 1;
        }
        for pepper in store::all_peppers(connection)? {
            if pepper.master_key_id == id.as_bytes() {
                continue;
            }
            let secret = unseal_pepper(&pepper, maker.master_keys)?;
            let sealed = seal(&secret, &pepper_label(pepper.id))?;
            store::reseal_pepper(connection, pepper.id, &sealed, id.as_bytes())?;
            resealed.peppers += 1;
        }
        if resealed != Resealed::default() {
            let details = json!({"keys": resealed.keys, "peppers": resealed.peppers});
            let event = Event::by_operator(operator, EventKind::KeysResealed).with_details(details);
            events::record(connection, &event)?;
        }
        Ok(resealed)
    })
}

fn find<'k>(keys: &'k [StoredKey], kid: &str) -> Result<&'k StoredKey, AdministrationError> {
    keys.iter()
        .find(|key| key.life.kid == kid)
        .ok_or_else(|| AdministrationError::NoSuchKey(kid.to_owned()))
}

fn oldest_pending(keys: &[StoredKey], suits: impl Fn(&KeyLife) -> bool) -> Option<&StoredKey> {
    let lives = keys.iter().map(|key| &key.life);
    let pending = lives.filter(|life| life.stage() == Stage::Pending && suits(life));
    let oldest = oldest(pending)?;
    keys.iter().find(|key| key.life.kid == oldest.kid)
}
