//! Passwords that an operator sets: typed on standard input, or made up.

use std::io::{self, BufRead};

use diesel::PgConnection;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::CommandError;
use crate::{
    administration::Refusal,
    config::NewPasswordSettings,
    keys::{
        administration::AdministrationError as KeyError,
        first_start::create_first_keys,
        key_ring::{KeyRing, StoredSecrets},
        rotation::KeyMaker,
    },
    users::{
        password::NewPassword, password_hash::PasswordHasher, temporary_password::TemporaryPassword,
    },
};

/// A password that someone is going to have.
pub(super) struct Chosen {
    /// Its hash.
    pub(super) hash: String,
    /// The password itself, if it was made up here.
    pub(super) made_up: Option<TemporaryPassword>,
}

/// Takes the password from standard input, or makes one up, and hashes it. `context` holds what a guesser would try
/// first.
pub(super) fn choose(
    connection: &mut PgConnection,
    settings: &NewPasswordSettings,
    context: &[String],
) -> Result<Chosen, CommandError> {
    let master_keys = settings.keys.master_keys()?;
    let maker = KeyMaker {
        master_keys: &master_keys,
        rsa_bits: settings.keys.rsa_bits(),
        policy: settings.keys.policy()?,
    };
    // Someone may be added before the first server has started.
    create_first_keys(connection, &maker).map_err(KeyError::from)?;
    let stored = StoredSecrets::load(connection).map_err(Refusal::from)?;
    let key_ring = KeyRing::open(&stored, &master_keys).map_err(KeyError::from)?;
    let hasher = PasswordHasher::new(settings.passwords.bcrypt_cost);
    let given = settings.password_stdin.then(read).transpose()?;
    let (text, made_up) = TemporaryPassword::unless_given(given)
        .map_err(|error| CommandError::Failed(error.to_string().into()))?;
    let context: Vec<&str> = context.iter().map(String::as_str).collect();
    let password = NewPassword::accept(text, &context).map_err(Refusal::from)?;
    let hash = hasher.hash(&password, key_ring.peppers());
    let hash = hash.map_err(|error| CommandError::Failed(error.into()))?;
    Ok(Chosen { hash, made_up })
}

fn read() -> Result<SecretString, CommandError> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line)?;
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])))
}
