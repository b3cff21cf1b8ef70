//! The tables of signing keys and peppers: every query that touches them.

use diesel::{dsl, pg::Pg, prelude::*};

use super::pepper::PepperId;
use crate::schema::{peppers, signing_keys};

/// A published signing key as stored. It is published from its first row until it is gone.
#[derive(Clone, Queryable)]
#[diesel(check_for_backend(Pg))]
pub struct StoredKey {
    /// Its name.
    pub kid: String,
    /// The algorithm it signs.
    pub algorithm: String,
    /// Its public half: `SubjectPublicKeyInfo`, DER.
    pub public_key: Vec<u8>,
    /// Its sealed private half.
    pub sealed_private_key: Option<Vec<u8>>,
    /// Which master key sealed it.
    pub master_key_id: Option<Vec<u8>>,
    /// Whether it is the one that signs.
    pub is_active: bool,
}

/// A pepper as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = peppers, check_for_backend(Pg))]
pub struct StoredPepper {
    /// Its number.
    pub id: PepperId,
    /// Sealed.
    pub sealed_secret: Vec<u8>,
    /// Which master key sealed it.
    pub master_key_id: Vec<u8>,
}

/// What a private key is sealed as (the associated data).
#[must_use]
pub fn private_key_label(kid: &str, algorithm: &str) -> String {
    format!("signing key {kid} {algorithm}")
}

/// What a pepper is sealed as (the associated data).
#[must_use]
pub fn pepper_label(id: PepperId) -> String {
    format!("pepper {id}")
}

/// All published keys, the oldest first.
///
/// # Errors
///
/// The statement's failure.
pub fn published_keys(connection: &mut PgConnection) -> QueryResult<Vec<StoredKey>> {
    signing_keys::table
        .filter(signing_keys::gone_at.is_null())
        .order((signing_keys::published_at, signing_keys::kid))
        .select((
            signing_keys::kid,
            signing_keys::algorithm,
            signing_keys::public_key,
            signing_keys::sealed_private_key,
            signing_keys::master_key_id,
            signing_keys::activated_at
                .is_not_null()
                .and(signing_keys::retired_at.is_null()),
        ))
        .load(connection)
}

/// All peppers.
///
/// # Errors
///
/// The statement's failure.
pub fn all_peppers(connection: &mut PgConnection) -> QueryResult<Vec<StoredPepper>> {
    peppers::table
        .select(StoredPepper::as_select())
        .load(connection)
}

/// Whether there was never a key or a pepper here: not even the record of one that is gone.
///
/// # Errors
///
/// The statement's failure.
pub fn is_untouched(connection: &mut PgConnection) -> QueryResult<bool> {
    let any_key = dsl::exists(signing_keys::table.select(signing_keys::kid));
    let any_pepper = dsl::exists(peppers::table.select(peppers::id));
    diesel::select(dsl::not(any_key.or(any_pepper))).get_result(connection)
}

/// Adds a key that signs from now on.
///
/// # Errors
///
/// The statement's failure, among them another active key.
pub fn insert_active_key(
    connection: &mut PgConnection,
    kid: &str,
    algorithm: &str,
    public_key: &[u8],
    sealed_private_key: &[u8],
    master_key_id: &[u8],
) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::kid.eq(kid),
            signing_keys::algorithm.eq(algorithm),
            signing_keys::public_key.eq(public_key),
            signing_keys::sealed_private_key.eq(sealed_private_key),
            signing_keys::master_key_id.eq(master_key_id),
            signing_keys::activated_at.eq(dsl::now),
        ))
        .execute(connection)
        .map(drop)
}

/// Adds a pepper.
///
/// # Errors
///
/// The statement's failure.
pub fn insert_pepper(connection: &mut PgConnection, pepper: &StoredPepper) -> QueryResult<()> {
    diesel::insert_into(peppers::table)
        .values((
            peppers::id.eq(pepper.id),
            peppers::sealed_secret.eq(&pepper.sealed_secret),
            peppers::master_key_id.eq(&pepper.master_key_id),
        ))
        .execute(connection)
        .map(drop)
}

/// Lets one process at a time change keys, until the end of the transaction.
///
/// # Errors
///
/// The statement's failure.
pub fn lock(connection: &mut PgConnection) -> QueryResult<()> {
    /// "keys" in ASCII.
    const LOCK_KEY: i64 = 0x6b65_7973;
    diesel::sql_query(format!("select pg_advisory_xact_lock({LOCK_KEY})"))
        .execute(connection)
        .map(drop)
}
