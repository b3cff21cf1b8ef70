//! Passwords at work: hashing and comparing behind the gate, with the peppers of the day.

use std::sync::Arc;

use secrecy::SecretString;

use super::{
    hashing_gate::{HashingGate, Standing},
    password::{NewPassword, NewPasswordError, PresentedPassword},
    password_hash::{PasswordHasher, Verdict},
    store::Credentials,
};
use crate::{failure::Failure, keys::key_ring::KeyRing};

/// Hashes and compares passwords, a few at a time.
#[derive(Debug)]
pub struct Passwords {
    gate: HashingGate,
    hasher: PasswordHasher,
}

/// Someone whose password was right.
#[derive(Clone)]
pub struct Authenticated {
    /// The credentials that were compared.
    pub credentials: Credentials,
    /// A hash of the same password to replace an outdated one.
    pub upgraded_hash: Option<String>,
}

impl Passwords {
    /// Works behind `gate` at the cost of `hasher`.
    #[must_use]
    pub fn new(gate: HashingGate, hasher: PasswordHasher) -> Self {
        Self { gate, hasher }
    }

    /// What stands before the hash.
    #[must_use]
    pub fn gate(&self) -> &HashingGate {
        &self.gate
    }

    /// Refuses at once where there is no room for one more to be hashed.
    ///
    /// # Errors
    ///
    /// [`Failure::Overloaded`].
    pub fn expect_room(&self, standing: Standing) -> Result<(), Failure> {
        self.gate.expect_room(standing)
    }

    /// Accepts and hashes a new password; `context` holds what a guesser would try first.
    ///
    /// # Errors
    ///
    /// Outside, a [`Failure`]; inside, why the password is not accepted.
    pub async fn accept(
        &self,
        password: SecretString,
        context: Vec<String>,
        standing: Standing,
        key_ring: &Arc<KeyRing>,
    ) -> Result<Result<String, NewPasswordError>, Failure> {
        let (hasher, key_ring) = (self.hasher, Arc::clone(key_ring));
        self.gate
            .run(standing, move || {
                let context: Vec<&str> = context.iter().map(String::as_str).collect();
                match NewPassword::accept(password, &context) {
                    Ok(accepted) => Ok(Ok(hasher.hash(&accepted, key_ring.peppers())?)),
                    Err(refused) => Ok(Err(refused)),
                }
            })
            .await?
    }

    /// Says what is wrong with a new password, if anything is, without hashing it.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub async fn review(
        &self,
        password: SecretString,
        context: Vec<String>,
        standing: Standing,
    ) -> Result<Option<NewPasswordError>, Failure> {
        self.gate
            .run(standing, move || {
                let context: Vec<&str> = context.iter().map(String::as_str).collect();
                NewPassword::accept(password, &context).err()
            })
            .await
    }

    /// Compares a password with someone's credentials, or spends the same time where there is no
    /// such person, or they may not sign in: who is disabled, or has a temporary password whose time is over.
    ///
    /// # Errors
    ///
    /// A [`Failure`].
    pub async fn authenticate(
        &self,
        credentials: Option<Credentials>,
        password: PresentedPassword,
        standing: Standing,
        key_ring: &Arc<KeyRing>,
    ) -> Result<Option<Authenticated>, Failure> {
        let (hasher, key_ring) = (self.hasher, Arc::clone(key_ring));
        self.gate
            .run(standing, move || {
                let peppers = key_ring.peppers();
                let credentials = credentials.filter(Credentials::let_in);
                let stored = credentials
                    .as_ref()
                    .map(|found| found.password_hash.as_str());
                let verdict = hasher.verify(&password, stored, peppers);
                let (Some(credentials), Verdict::Match { outdated }) = (credentials, verdict)
                else {
                    return Ok(None);
                };
                let upgraded_hash = outdated
                    .then(|| hasher.rehash(&password, peppers))
                    .transpose()?;
                Ok(Some(Authenticated {
                    credentials,
                    upgraded_hash,
                }))
            })
            .await?
    }
}
