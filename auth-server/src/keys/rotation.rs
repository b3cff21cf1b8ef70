//! Takes the steps of the keys' lives that are due. Of any number of replicas one does, under an advisory
//! lock; the others see what it did when they look again.

use std::time::Duration;

use diesel::{Connection, PgConnection};
use serde_json::json;

use super::{
    key_ring::{KeyRingError, usable},
    life::{KeyPolicy, Step},
    master_key::MasterKeys,
    signing_key::{RsaBits, SigningKey},
    store::{self, NewKey, private_key_label},
};
use crate::events::{self, Event, EventKind};

/// What new keys are made with.
pub struct KeyMaker<'a> {
    /// The current one seals.
    pub master_keys: &'a MasterKeys,
    /// Their size.
    pub rsa_bits: RsaBits,
    /// The intervals of their lives.
    pub policy: KeyPolicy,
}

/// How many keys are made in one transaction: each takes a tenth of a second or more.
const MADE_AT_ONCE: usize = 4;

/// Takes the steps that are due, and says whether there were any. Where another replica is at it, none
/// are for this one.
///
/// # Errors
///
/// A [`KeyRingError`]; then nothing has changed.
pub fn take_steps(
    connection: &mut PgConnection,
    maker: &KeyMaker<'_>,
) -> Result<bool, KeyRingError> {
    connection.transaction(|connection| {
        if !store::try_lock(connection)? {
            return Ok(false);
        }
        let mut to_make = MADE_AT_ONCE;
        let mut taken = false;
        for step in maker.steps_due(connection)? {
            if step == Step::Make {
                if to_make == 0 {
                    continue;
                }
                to_make -= 1;
            }
            maker.take(connection, step)?;
            taken = true;
        }
        Ok(taken)
    })
}

impl KeyMaker<'_> {
    fn steps_due(&self, connection: &mut PgConnection) -> Result<Vec<Step>, KeyRingError> {
        let keys = store::published_keys(connection)?;
        let now = store::now(connection)?;
        let lives = usable(&keys, self.master_keys);
        Ok(self.policy.steps_due(&lives, now))
    }

    fn take(&self, connection: &mut PgConnection, step: Step) -> Result<(), KeyRingError> {
        match step {
            Step::SignFrom {
                kid,
                published_at,
                signs_from,
            } => store::set_signs_from(connection, &kid, published_at, signs_from)?,
            Step::PublishUntil {
                kid,
                published_until,
            } => store::set_published_until(connection, &kid, published_until)?,
            Step::Drop { kid } => {
                store::drop_key(connection, &kid)?;
                log::info!(kid = kid.as_str(); "a signing key is gone");
            }
            Step::Make => {
                let kid = self.make(connection)?;
                log::info!(kid = kid.as_str(); "made a signing key");
            }
            Step::Rotate { retired, activated } => {
                let event = Event::unprompted(EventKind::KeyRotated);
                rotate(connection, &retired, &activated, event)?;
                log::info!(retired = retired.as_str(), activated = activated.as_str(); "rotated the signing keys");
            }
        }
        Ok(())
    }

    /// Makes a pending key and returns its name.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`].
    pub fn make(&self, connection: &mut PgConnection) -> Result<String, KeyRingError> {
        self.store(connection, &SigningKey::generate(self.rsa_bits)?)
    }

    /// Makes as many pending keys as are missing.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`].
    pub fn make_missing(&self, connection: &mut PgConnection) -> Result<(), KeyRingError> {
        let steps = self.steps_due(connection)?;
        for _ in steps.iter().filter(|step| **step == Step::Make) {
            self.make(connection)?;
        }
        Ok(())
    }

    /// Stores a key as a pending one, and returns its name.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`], among them a key that is known already, be it gone.
    pub fn store(
        &self,
        connection: &mut PgConnection,
        key: &SigningKey,
    ) -> Result<String, KeyRingError> {
        let master_key = self.master_keys.current();
        let label = private_key_label(key.kid(), "RS256");
        let stored = NewKey {
            kid: key.kid().to_owned(),
            algorithm: "RS256",
            public_key: key.public_key_der()?,
            sealed_private_key: master_key.seal(&key.pkcs8()?, &label)?,
            master_key_id: master_key.id().as_bytes().to_vec(),
            token_lifetime_seconds: whole_seconds(self.policy.token_lifetime),
        };
        store::insert_key(connection, &stored)?;
        Ok(stored.kid)
    }
}

/// Lets one key sign in place of another, and records the event.
///
/// # Errors
///
/// A statement's failure.
pub fn rotate(
    connection: &mut PgConnection,
    retired: &str,
    activated: &str,
    event: Event<'_>,
) -> diesel::QueryResult<()> {
    store::retire(connection, retired)?;
    store::activate(connection, activated)?;
    let details = json!({"retired": retired, "activated": activated});
    events::record(connection, &event.with_details(details))
}

/// Lifetimes of tokens are whole seconds, an hour at the most.
#[must_use]
pub fn whole_seconds(lifetime: Duration) -> i32 {
    i32::try_from(lifetime.as_secs()).unwrap_or(i32::MAX)
}
