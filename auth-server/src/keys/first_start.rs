//! The first start of all: the database holds no key yet, and gets its first ones.

use diesel::{Connection, PgConnection};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{
    key_ring::KeyRingError,
    master_key::MasterKeys,
    pepper::Peppers,
    signing_key::{RsaBits, SigningKey},
    store::{self, StoredPepper, pepper_label, private_key_label},
};

/// Makes the first signing key and the first pepper, if there never were any. Of several replicas
/// that start at once, one makes them and the others find them.
///
/// A database that has had keys never gets new ones here: a missing key there is a loss, and a
/// silent replacement would hide it.
///
/// # Errors
///
/// A [`KeyRingError`]; then nothing was made.
pub fn create_first_keys(
    connection: &mut PgConnection,
    master_keys: &MasterKeys,
    bits: RsaBits,
) -> Result<(), KeyRingError> {
    if !store::is_untouched(connection)? {
        return Ok(());
    }
    connection.transaction(|connection| {
        store::lock(connection)?;
        if !store::is_untouched(connection)? {
            return Ok(());
        }
        let master_key = master_keys.current();

        let signing_key = SigningKey::generate(bits)?;
        let label = private_key_label(signing_key.kid(), "RS256");
        store::insert_active_key(
            connection,
            signing_key.kid(),
            "RS256",
            &signing_key.public_key_der()?,
            &master_key.seal(&signing_key.pkcs8()?, &label)?,
            master_key.id().as_bytes(),
        )?;

        let mut secret = Zeroizing::new([0; Peppers::SECRET_LENGTH]);
        SystemRandom::new().fill(secret.as_mut())?;
        let pepper = StoredPepper {
            id: 1,
            sealed_secret: master_key.seal(secret.as_ref(), &pepper_label(1))?,
            master_key_id: master_key.id().as_bytes().to_vec(),
        };
        store::insert_pepper(connection, &pepper)?;
        log::info!(kid = signing_key.kid(); "made the first signing key");
        Ok(())
    })
}
