//! The tables of signing keys and peppers: every query that touches them.

use chrono::{DateTime, Utc};
use diesel::{dsl, pg::Pg, prelude::*, sql_types};

use super::{life::KeyLife, pepper::PepperId};
use crate::schema::{peppers, signing_keys};

/// A published signing key as stored. It is published from its first row until it is gone.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = signing_keys, check_for_backend(Pg))]
pub struct StoredKey {
    /// Its name, and what has happened to it.
    #[diesel(embed)]
    pub life: KeyLife,
    /// The algorithm it signs.
    pub algorithm: String,
    /// Its public half: `SubjectPublicKeyInfo`, DER.
    pub public_key: Vec<u8>,
    /// Its sealed private half.
    pub sealed_private_key: Option<Vec<u8>>,
    /// Which master key sealed it.
    pub master_key_id: Option<Vec<u8>>,
}

/// A signing key about to be stored.
#[derive(Clone, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(Pg))]
pub struct NewKey {
    /// Its name.
    pub kid: String,
    /// The algorithm it signs.
    pub algorithm: &'static str,
    /// Its public half: `SubjectPublicKeyInfo`, DER.
    pub public_key: Vec<u8>,
    /// Its sealed private half.
    pub sealed_private_key: Vec<u8>,
    /// Which master key sealed it.
    pub master_key_id: Vec<u8>,
    /// How long the tokens that it signs live.
    pub token_lifetime_seconds: i32,
}

/// A pepper as stored.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = peppers, check_for_backend(Pg))]
pub struct StoredPepper {
    /// Its number.
    pub id: PepperId,
    /// Sealed.
    pub sealed_secret: Vec<u8>,
    /// Which master key sealed it.
    pub master_key_id: Vec<u8>,
}

/// A signing key that an operator asks about, gone or not.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = signing_keys, check_for_backend(Pg))]
pub struct KeyRecord {
    /// Its name, and what has happened to it.
    #[diesel(embed)]
    pub life: KeyLife,
    /// When it was dropped in an emergency, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it went, if it did.
    pub gone_at: Option<DateTime<Utc>>,
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

/// Now, by the database's clock: later than anything that the transaction has seen.
///
/// # Errors
///
/// The statement's failure.
pub fn now(connection: &mut PgConnection) -> QueryResult<DateTime<Utc>> {
    diesel::select(dsl::sql::<sql_types::Timestamptz>("clock_timestamp()")).get_result(connection)
}

/// All published keys, the oldest first.
///
/// # Errors
///
/// The statement's failure.
pub fn published_keys(connection: &mut PgConnection) -> QueryResult<Vec<StoredKey>> {
    signing_keys::table
        .filter(signing_keys::gone_at.is_null())
        .order((signing_keys::created_at, signing_keys::kid))
        .select(StoredKey::as_select())
        .load(connection)
}

/// All keys that ever were, the oldest first.
///
/// # Errors
///
/// The statement's failure.
pub fn key_records(connection: &mut PgConnection) -> QueryResult<Vec<KeyRecord>> {
    signing_keys::table
        .order((signing_keys::created_at, signing_keys::kid))
        .select(KeyRecord::as_select())
        .load(connection)
}

/// All peppers.
///
/// # Errors
///
/// The statement's failure.
pub fn all_peppers(connection: &mut PgConnection) -> QueryResult<Vec<StoredPepper>> {
    peppers::table
        .order(peppers::id)
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

/// Adds a pending key.
///
/// # Errors
///
/// The statement's failure, among them a key of that name, be it gone.
pub fn insert_key(connection: &mut PgConnection, key: &NewKey) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table)
        .values(key)
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

/// Says since when a pending key is published, and from when on it may sign.
///
/// # Errors
///
/// The statement's failure.
pub fn set_signs_from(
    connection: &mut PgConnection,
    kid: &str,
    published_at: DateTime<Utc>,
    signs_from: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(kid))
        .set((
            signing_keys::published_at.eq(published_at),
            signing_keys::signs_from.eq(signs_from),
        ))
        .execute(connection)
        .map(drop)
}

/// Says until when a retired key is published.
///
/// # Errors
///
/// The statement's failure.
pub fn set_published_until(
    connection: &mut PgConnection,
    kid: &str,
    published_until: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(kid))
        .set(signing_keys::published_until.eq(published_until))
        .execute(connection)
        .map(drop)
}

/// Lets a key sign. There must be no other that does.
///
/// # Errors
///
/// The statement's failure, among them another active key.
pub fn activate(connection: &mut PgConnection, kid: &str) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(kid))
        .set(signing_keys::activated_at.eq(dsl::now))
        .execute(connection)
        .map(drop)
}

/// Lets a key sign no more.
///
/// # Errors
///
/// The statement's failure.
pub fn retire(connection: &mut PgConnection, kid: &str) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(kid))
        .set(signing_keys::retired_at.eq(dsl::now))
        .execute(connection)
        .map(drop)
}

/// Destroys the private half of a key and publishes it no more.
///
/// # Errors
///
/// The statement's failure.
pub fn drop_key(connection: &mut PgConnection, kid: &str) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(kid))
        .set((
            signing_keys::gone_at.eq(dsl::now),
            signing_keys::sealed_private_key.eq(None::<Vec<u8>>),
            signing_keys::master_key_id.eq(None::<Vec<u8>>),
        ))
        .execute(connection)
        .map(drop)
}

/// Notes that a key was dropped in an emergency.
///
/// # Errors
///
/// The statement's failure.
pub fn mark_revoked(connection: &mut PgConnection, kid: &str) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(kid))
        .set(signing_keys::revoked_at.eq(dsl::now))
        .execute(connection)
        .map(drop)
}

/// Notes how long the tokens live that this replica will sign, for every key that it may sign with.
///
/// # Errors
///
/// The statement's failure.
pub fn raise_token_lifetime(connection: &mut PgConnection, seconds: i32) -> QueryResult<()> {
    diesel::update(signing_keys::table)
        .filter(signing_keys::gone_at.is_null())
        .filter(signing_keys::retired_at.is_null())
        .filter(signing_keys::token_lifetime_seconds.lt(seconds))
        .set(signing_keys::token_lifetime_seconds.eq(seconds))
        .execute(connection)
        .map(drop)
}

/// Replaces the seal of a private key.
///
/// # Errors
///
/// The statement's failure.
pub fn reseal_key(
    connection: &mut PgConnection,
    kid: &str,
    sealed_private_key: &[u8],
    master_key_id: &[u8],
) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(kid))
        .set((
            signing_keys::sealed_private_key.eq(sealed_private_key),
            signing_keys::master_key_id.eq(master_key_id),
        ))
        .execute(connection)
        .map(drop)
}

/// Replaces the seal of a pepper.
///
/// # Errors
///
/// The statement's failure.
pub fn reseal_pepper(
    connection: &mut PgConnection,
    id: PepperId,
    sealed_secret: &[u8],
    master_key_id: &[u8],
) -> QueryResult<()> {
    diesel::update(peppers::table.find(id))
        .set((
            peppers::sealed_secret.eq(sealed_secret),
            peppers::master_key_id.eq(master_key_id),
        ))
        .execute(connection)
        .map(drop)
}

/// "keys" in ASCII.
const LOCK_KEY: i64 = 0x6b65_7973;

/// Lets one process at a time change keys, until the end of the transaction.
///
/// # Errors
///
/// The statement's failure.
pub fn lock(connection: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(format!("select pg_advisory_xact_lock({LOCK_KEY})"))
        .execute(connection)
        .map(drop)
}

/// Takes the same lock if nobody has it, and says whether it did.
///
/// # Errors
///
/// The statement's failure.
pub fn try_lock(connection: &mut PgConnection) -> QueryResult<bool> {
    let lock = format!("pg_try_advisory_xact_lock({LOCK_KEY})");
    diesel::select(dsl::sql::<sql_types::Bool>(&lock)).get_result(connection)
}
