//! The first start of all: the database holds no key yet, and gets its first ones.

use diesel::{Connection, PgConnection};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{
    key_ring::KeyRingError,
    pepper::Peppers,
    rotation::KeyMaker,
    store::{self, StoredPepper, pepper_label},
};

/// Makes the first signing key, the one that will follow it, and the first pepper, if there never were
/// any. Of several replicas that start at once, one makes them and the others find them.
///
/// A database that has had keys never gets new ones here: a missing key there is a loss, and a
/// silent replacement would hide it.
///
/// # Errors
///
/// A [`KeyRingError`]; then nothing was made.
pub fn create_first_keys(
    connection: &mut PgConnection,
    maker: &KeyMaker<'_>,
) -> Result<(), KeyRingError> {
    if !store::is_untouched(connection)? {
        return Ok(());
    }
    connection.transaction(|connection| {
        store::lock(connection)?;
        if !store::is_untouched(connection)? {
            return Ok(());
        }
        let kid = maker.make(connection)?;
        store::activate(connection, &kid)?;
        maker.make(connection)?;

        let master_key = maker.master_keys.current();
        let mut secret = Zeroizing::new([0; Peppers::SECRET_LENGTH]);
        SystemRandom::new().fill(secret.as_mut())?;
        let pepper = StoredPepper {
            id: 1,
            sealed_secret: master_key.seal(secret.as_ref(), &pepper_label(1))?,
            master_key_id: master_key.id().as_bytes().to_vec(),
        };
        store::insert_pepper(connection, &pepper)?;
        log::info!(kid = kid.as_str(); "made the first signing key");
        Ok(())
    })
}
