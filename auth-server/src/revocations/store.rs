//! The table of revocations: every query that touches it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{dsl, prelude::*, sql_types};
use uuid::Uuid;

use crate::schema::{revocations, signing_keys};

/// Has these sessions published as revoked, as of this very statement. To be called at the end of the
/// transaction that ends them.
///
/// # Errors
///
/// The statement's failure.
pub fn publish(connection: &mut PgConnection, sessions: &[Uuid]) -> QueryResult<()> {
    diesel::sql_query(
        "insert into revocations (session_id) select unnest($1) on conflict do nothing",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(sessions)
    .execute(connection)
    .map(drop)
}

/// The sessions that were revoked after an instant, each with the instant.
///
/// # Errors
///
/// The statement's failure.
pub fn since(
    connection: &mut PgConnection,
    instant: DateTime<Utc>,
) -> QueryResult<Vec<(Uuid, DateTime<Utc>)>> {
    revocations::table
        .filter(revocations::revoked_at.gt(instant))
        .load(connection)
}

/// The signing keys that were dropped in an emergency after an instant, each with that of its own.
///
/// # Errors
///
/// The statement's failure.
pub fn keys_since(
    connection: &mut PgConnection,
    instant: DateTime<Utc>,
) -> QueryResult<Vec<(String, DateTime<Utc>)>> {
    signing_keys::table
        .filter(signing_keys::revoked_at.gt(instant))
        .select((
            signing_keys::kid,
            signing_keys::revoked_at.assume_not_null(),
        ))
        .load(connection)
}

/// Now, by the database's clock, and the longest lifetime of any access token that may still be good, in
/// seconds.
///
/// # Errors
///
/// The statement's failure.
pub fn horizon(connection: &mut PgConnection) -> QueryResult<(DateTime<Utc>, i32)> {
    let longest = signing_keys::table
        .filter(signing_keys::gone_at.is_null())
        .select(dsl::max(signing_keys::token_lifetime_seconds))
        .single_value();
    let (now, longest): (_, Option<i32>) = diesel::select((
        dsl::sql::<sql_types::Timestamptz>("clock_timestamp()"),
        longest,
    ))
    .get_result(connection)?;
    Ok((now, longest.unwrap_or(0)))
}

/// Deletes entries that no live access token is about, a bounded number of them, and says how many.
///
/// # Errors
///
/// The statement's failure.
pub fn delete_before(
    connection: &mut PgConnection,
    instant: DateTime<Utc>,
    at_most: i64,
) -> QueryResult<usize> {
    diesel::sql_query(
        "delete from revocations where session_id in (
             select session_id from revocations where revoked_at < $1 limit $2
         )",
    )
    .bind::<sql_types::Timestamptz, _>(instant)
    .bind::<sql_types::BigInt, _>(at_most)
    .execute(connection)
}

/// How long after the beginning of the transaction that revokes a session a token of it may still be issued,
/// and the leeway with which it is verified: a refresh may have read the session before that transaction
/// was committed, which the database's own bounds on statements and idle transactions put within 13 s.
pub const COMMIT_DELAY: Duration = Duration::from_secs(20);
