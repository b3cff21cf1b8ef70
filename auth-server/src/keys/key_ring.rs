//! The keys in use: the one that signs, all that are published, and the peppers. Built whole from
//! what the database holds, then swapped in.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use diesel::{PgConnection, QueryResult};
use ring::digest;
use shared_claims::{KeySet, PublicKey};
use zeroize::Zeroizing;

use super::{
    life::{KeyLife, Stage},
    master_key::{MasterKeys, UnsealError},
    pepper::Peppers,
    signing_key::{SigningKey, UnusableKey, public_key_from_der},
    store::{self, StoredKey, StoredPepper, pepper_label, private_key_label},
};

/// The keys of one moment.
#[derive(Debug)]
pub struct KeyRing {
    active: SigningKey,
    published: KeySet,
    peppers: Peppers,
    jwks: PublishedDocument,
    pem: PublishedDocument,
    lives: Vec<KeyLife>,
}

/// What a key ring is made of, as it stands in the database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredSecrets {
    /// The published keys.
    pub signing_keys: Vec<StoredKey>,
    /// All peppers.
    pub peppers: Vec<StoredPepper>,
}

impl StoredSecrets {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// A statement's failure.
    pub fn load(connection: &mut PgConnection) -> QueryResult<Self> {
        Ok(Self {
            signing_keys: store::published_keys(connection)?,
            peppers: store::all_peppers(connection)?,
        })
    }
}

/// Something to be published over HTTP, made once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublishedDocument {
    /// The bytes.
    pub body: String,
    /// A strong entity tag without its quotes: a digest of the bytes.
    pub etag: String,
}

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// No published key is active. Keys are never replaced silently.
    #[error("the database has no active signing key")]
    NoActiveKey,
    /// There is no pepper, though there are keys.
    #[error("the database has no pepper")]
    NoPepper,
    /// A stored secret cannot be opened.
    #[error("{what}: {cause}")]
    Sealed {
        /// Which.
        what: String,
        /// Why.
        cause: UnsealError,
    },
    /// A stored key is no key.
    #[error(transparent)]
    Unusable(#[from] UnusableKey),
    /// The system gave no randomness.
    #[error("no randomness")]
    Randomness(#[from] ring::error::Unspecified),
    /// The published form could not be written.
    #[error("the key set cannot be written: {0}")]
    Document(#[from] serde_json::Error),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

impl KeyRing {
    /// Opens the seals of what is used here: the active key's and the peppers'. The other keys are only
    /// published, for which their public halves are enough.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`].
    pub fn open(stored: &StoredSecrets, master_keys: &MasterKeys) -> Result<Self, KeyRingError> {
        let row = stored
            .signing_keys
            .iter()
            .find(|key| key.life.stage() == Stage::Active)
            .ok_or(KeyRingError::NoActiveKey)?;
        let active = open(row, master_keys)?;
        let peppers = open_peppers(&stored.peppers, master_keys)?;
        let public_keys: Result<Vec<PublicKey>, _> =
            stored.signing_keys.iter().map(public_key).collect();
        let published = KeySet::new(public_keys?);
        let jwks = PublishedDocument::new(serde_json::to_string(&published.to_jwks())?);
        let pem = PublishedDocument::new(spki_pem(&row.public_key));
        Ok(Self {
            active,
            published,
            peppers,
            jwks,
            pem,
            lives: usable(&stored.signing_keys, master_keys),
        })
    }

    /// The key that signs.
    #[must_use]
    pub fn active(&self) -> &SigningKey {
        &self.active
    }

    /// The published keys, for this server's own verifier.
    #[must_use]
    pub fn published(&self) -> &KeySet {
        &self.published
    }

    /// The peppers.
    #[must_use]
    pub fn peppers(&self) -> &Peppers {
        &self.peppers
    }

    /// The JWK Set (RFC 7517): public members of all published keys.
    #[must_use]
    pub fn jwks(&self) -> &PublishedDocument {
        &self.jwks
    }

    /// Where the published keys stand in their lives, those aside that could never sign here.
    #[must_use]
    pub fn lives(&self) -> &[KeyLife] {
        &self.lives
    }

    /// The active public key as PEM.
    #[must_use]
    pub fn pem(&self) -> &PublishedDocument {
        &self.pem
    }
}

impl PublishedDocument {
    /// Computes the tag.
    #[must_use]
    pub fn new(body: String) -> Self {
        let digest = digest::digest(&digest::SHA256, body.as_bytes());
        let etag = URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]);
        Self { body, etag }
    }
}

/// The public half of a stored key, if it is what the row's `kid` says.
fn public_key(row: &StoredKey) -> Result<PublicKey, UnusableKey> {
    let key = public_key_from_der(&row.public_key)?;
    if key.kid() == row.life.kid {
        Ok(key)
    } else {
        Err(UnusableKey)
    }
}

/// Where the keys stand in their lives. A pending key that cannot be opened here is left out: it is no
/// successor, and another one is to be made in its place.
pub(super) fn usable(keys: &[StoredKey], master_keys: &MasterKeys) -> Vec<KeyLife> {
    let mut lives = Vec::with_capacity(keys.len());
    for key in keys {
        if key.life.stage() == Stage::Pending
            && let Err(error) = open(key, master_keys)
        {
            log::error!("a pending signing key will not be used: {error}");
        } else {
            lives.push(key.life.clone());
        }
    }
    lives
}

/// Opens the seal of a private key.
///
/// # Errors
///
/// A [`KeyRingError`].
pub(super) fn open(row: &StoredKey, master_keys: &MasterKeys) -> Result<SigningKey, KeyRingError> {
    let label = private_key_label(&row.life.kid, &row.algorithm);
    let broken = |cause| KeyRingError::Sealed {
        what: label.clone(),
        cause,
    };
    let (Some(sealed), Some(master_key_id)) = (&row.sealed_private_key, &row.master_key_id) else {
        return Err(broken(UnsealError::Broken));
    };
    let pkcs8 = master_keys
        .unseal(master_key_id, sealed, &label)
        .map_err(broken)?;
    let key = SigningKey::from_pkcs8(&pkcs8)?;
    if key.kid() == row.life.kid {
        Ok(key)
    } else {
        Err(KeyRingError::Unusable(UnusableKey))
    }
}

/// Opens the seal of a pepper.
///
/// # Errors
///
/// A [`KeyRingError`].
pub(super) fn unseal_pepper(
    row: &StoredPepper,
    master_keys: &MasterKeys,
) -> Result<Zeroizing<Vec<u8>>, KeyRingError> {
    let what = pepper_label(row.id);
    master_keys
        .unseal(&row.master_key_id, &row.sealed_secret, &what)
        .map_err(|cause| KeyRingError::Sealed { what, cause })
}

/// The peppers of this installation, if it has had its first start.
///
/// # Errors
///
/// A [`KeyRingError`].
pub fn known_peppers(
    connection: &mut PgConnection,
    master_keys: &MasterKeys,
) -> Result<Option<Peppers>, KeyRingError> {
    match open_peppers(&store::all_peppers(connection)?, master_keys) {
        Ok(peppers) => Ok(Some(peppers)),
        Err(KeyRingError::NoPepper) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens the seals of all peppers.
fn open_peppers(rows: &[StoredPepper], master_keys: &MasterKeys) -> Result<Peppers, KeyRingError> {
    let mut secrets = Vec::new();
    for row in rows {
        secrets.push((row.id, unseal_pepper(row, master_keys)?));
    }
    let borrowed = secrets.iter().map(|(id, secret)| (*id, secret.as_slice()));
    Peppers::new(borrowed).ok_or(KeyRingError::NoPepper)
}

/// The textual form of a public key (RFC 7468 section 13).
fn spki_pem(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let lines: Vec<&str> = (0..encoded.len())
        .step_by(64)
        .map(|start| &encoded[start..encoded.len().min(start + 64)])
        .collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}
