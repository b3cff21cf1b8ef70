//! Schema migrations, embedded in each binary and run by the owner role under an advisory lock.

use diesel::{
    Connection, OptionalExtension, PgConnection, QueryableByName, RunQueryDsl,
    dsl::sql,
    pg::Pg,
    sql_types::{Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::settings::DatabaseUrl;

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database refused or did not answer.
    #[error("connect: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// The lock that lets one migrator at a time through failed.
    #[error("lock: {0}")]
    Lock(#[from] diesel::result::Error),
    /// A migration failed; it was rolled back.
    #[error("{0}")]
    Migration(String),
}

/// The advisory lock that migrators queue for ("latchkey" in ASCII).
const LOCK_KEY: i64 = 0x6c61_7463_686b_6579;

/// Applies what is pending and returns the names of what was applied. Two processes that migrate at
/// once queue for an advisory lock, so that one does the work and the other finds it done.
///
/// # Errors
///
/// A [`MigrationError`]; each migration is a transaction, so those before the failed one stay.
pub fn migrate(
    url: &DatabaseUrl,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrationError> {
    let mut connection = PgConnection::establish(url.expose())?;
    let lock = format!("select pg_advisory_lock({LOCK_KEY})");
    diesel::sql_query(lock).execute(&mut connection)?;
    // The lock belongs to this connection, which closes when it goes out of scope.
    let applied = connection
        .run_pending_migrations(migrations)
        .map_err(|error| MigrationError::Migration(error.to_string()))?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Whether every migration that this binary knows has been applied; none has in a database in which
/// nothing was ever migrated. A newer schema is fine: migrations expand before they contract.
///
/// # Errors
///
/// The statement's failure.
pub fn is_current(
    connection: &mut PgConnection,
    migrations: &EmbeddedMigrations,
) -> diesel::QueryResult<bool> {
    use diesel::migration::MigrationSource;

    let known = MigrationSource::<Pg>::migrations(migrations)
        .map_err(diesel::result::Error::QueryBuilderError)?;
    let Some(newest) = known
        .iter()
        .map(|migration| migration.name().version())
        .max()
    else {
        return Ok(true);
    };
    let ever_migrated = diesel::select(sql::<Bool>(
        "to_regclass('__diesel_schema_migrations') is not null",
    ));
    if !ever_migrated.get_result(connection)? {
        return Ok(false);
    }
    let found =
        diesel::sql_query("select version from __diesel_schema_migrations where version = $1")
            .bind::<Text, _>(newest.to_string())
            .get_result::<AppliedVersion>(connection)
            .optional()?;
    Ok(found.is_some_and(|row| row.version == newest.to_string()))
}

#[derive(QueryableByName)]
struct AppliedVersion {
    #[diesel(sql_type = Text)]
    version: String,
}
