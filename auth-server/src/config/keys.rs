//! What the keys are made of and how long they live: for `serve` and for `keys …` alike.

use std::{fs, path::PathBuf, time::Duration};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use service_runtime::settings::{InvalidSetting, duration};
use zeroize::Zeroizing;

use super::within;
use crate::keys::{
    life::{KeyPolicy, MOST_KEYS},
    master_key::MasterKeys,
    signing_key::RsaBits,
};

const MASTER_KEYS: &str = "AUTH_MASTER_KEYS";
const MASTER_KEYS_FILE: &str = "AUTH_MASTER_KEYS_FILE";
const ACCESS_TOKEN_TTL: &str = "AUTH_ACCESS_TOKEN_TTL";
const JWKS_MAX_AGE: &str = "AUTH_JWKS_MAX_AGE";
const KEY_ROTATION: &str = "AUTH_KEY_ROTATION";

/// Where the master keys are, as typed.
#[derive(Debug, Args)]
pub struct MasterKeySettings {
    /// Master keys, 32 bytes each in base64, separated by commas: the first seals and signs, the
    /// others are still accepted. Make one with: openssl rand -base64 32
    #[arg(long, env = MASTER_KEYS, value_name = MASTER_KEYS, hide_env_values = true)]
    master_keys: Option<SecretText>,

    /// A file that holds the master keys, in place of the variable; in it each may have a line of its own.
    #[arg(
        long,
        env = MASTER_KEYS_FILE,
        value_name = MASTER_KEYS_FILE,
        conflicts_with = "master_keys"
    )]
    master_keys_file: Option<PathBuf>,
}

/// The settings of the keys, as typed.
#[derive(Debug, Args)]
pub struct KeySettings {
    #[command(flatten)]
    master_keys: MasterKeySettings,

    /// How long an access token is good for: 1s to 1h.
    #[arg(
        long,
        env = ACCESS_TOKEN_TTL,
        value_name = ACCESS_TOKEN_TTL,
        default_value = "15m",
        value_parser = duration
    )]
    access_token_ttl: Duration,

    /// How long others may keep the published keys before they look again: 1s to 24h.
    #[arg(
        long,
        env = JWKS_MAX_AGE,
        value_name = JWKS_MAX_AGE,
        default_value = "5m",
        value_parser = duration
    )]
    jwks_max_age: Duration,

    /// How long a signing key signs before the next one takes over.
    #[arg(
        long,
        env = KEY_ROTATION,
        value_name = KEY_ROTATION,
        default_value = "90d",
        value_parser = duration
    )]
    key_rotation: Duration,

    /// Size of new signing keys in bits: 2048, 3072 or 4096.
    #[arg(
        long,
        env = "AUTH_RSA_BITS",
        value_name = "AUTH_RSA_BITS",
        default_value = "2048",
        value_parser = rsa_bits
    )]
    rsa_bits: RsaBits,
}

impl KeySettings {
    /// The size of new keys.
    #[must_use]
    pub fn rsa_bits(&self) -> RsaBits {
        self.rsa_bits
    }

    /// The intervals of a key's life, checked.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`].
    pub fn policy(&self) -> Result<KeyPolicy, InvalidSetting> {
        let second = Duration::from_secs(1);
        let lifetime = self.access_token_ttl;
        within(ACCESS_TOKEN_TTL, lifetime, second, Duration::from_hours(1))?;
        let max_age = self.jwks_max_age;
        within(JWKS_MAX_AGE, max_age, second, Duration::from_hours(24))?;
        within(KEY_ROTATION, self.key_rotation, second, Duration::MAX)?;
        let policy = KeyPolicy {
            rotation: self.key_rotation,
            jwks_max_age: max_age,
            token_lifetime: lifetime,
        };
        if policy.published() > MOST_KEYS {
            let got = format!("{:?}", self.key_rotation);
            let wants = format!(
                "longer: with AUTH_JWKS_MAX_AGE and AUTH_ACCESS_TOKEN_TTL as they are, {} keys would be published at once, and no more than {MOST_KEYS} may be",
                policy.published()
            );
            return Err(InvalidSetting::new(KEY_ROTATION, got, wants));
        }
        Ok(policy)
    }

    /// The master keys, read.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`], which shows nothing of them.
    pub fn master_keys(&self) -> Result<MasterKeys, InvalidSetting> {
        self.master_keys.read()
    }
}

impl MasterKeySettings {
    const WANTS: &str =
        "keys of 32 bytes in base64, separated by commas; make one with: openssl rand -base64 32";

    /// The master keys, read.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`], which shows nothing of them.
    pub fn read(&self) -> Result<MasterKeys, InvalidSetting> {
        let missing = || InvalidSetting::new(MASTER_KEYS, "nothing", Self::WANTS);
        self.read_if_given()?.ok_or_else(missing)
    }

    /// The same, where they are given.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`], which shows nothing of them.
    pub fn read_if_given(&self) -> Result<Option<MasterKeys>, InvalidSetting> {
        let (setting, text) = match (&self.master_keys, &self.master_keys_file) {
            (Some(text), _) => {
                let text = text.0.expose_secret().to_owned();
                (MASTER_KEYS, Zeroizing::new(text))
            }
            (None, Some(path)) => {
                let text = fs::read_to_string(path).map_err(|error| {
                    let got = format!("{}: {error}", path.display());
                    InvalidSetting::new(MASTER_KEYS_FILE, got, "a readable file")
                })?;
                (MASTER_KEYS_FILE, Zeroizing::new(text))
            }
            (None, None) => return Ok(None),
        };
        let keys = MasterKeys::parse(text.trim());
        keys.map(Some)
            .map_err(|error| InvalidSetting::new(setting, error.to_string(), Self::WANTS))
    }
}

/// A secret as typed: it parses whatever it holds, so that the parser never prints it.
#[derive(Clone, Debug)]
struct SecretText(SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

fn rsa_bits(text: &str) -> Result<RsaBits, String> {
    match text {
        "2048" => Ok(RsaBits::Rsa2048),
        "3072" => Ok(RsaBits::Rsa3072),
        "4096" => Ok(RsaBits::Rsa4096),
        _ => Err("expected 2048, 3072 or 4096".to_owned()),
    }
}
