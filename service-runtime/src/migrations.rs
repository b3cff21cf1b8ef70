//! Schema migrations, embedded in each binary and run by the owner role under an advisory lock.

use std::{error::Error, thread, time::Duration};

use diesel::{
    Connection, OptionalExtension, PgConnection, QueryableByName, RunQueryDsl,
    dsl::sql,
    migration::{Migration, MigrationSource},
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
    Migration(#[from] Box<dyn Error + Send + Sync>),
}

/// The advisory lock that migrators queue for ("latchkey" in ASCII).
const LOCK_KEY: i64 = 0x6c61_7463_686b_6579;

/// How long a migration waits for a lock. Whoever comes meanwhile waits behind it, so it lets go sooner than the
/// services give up, lets them pass, and tries again.
const LOCK_TIMEOUT: Duration = Duration::from_millis(300);
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);
const MOST_ATTEMPTS: usize = 60;

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
    // It belongs to this connection, which closes when it goes out of scope.
    diesel::sql_query(lock).execute(&mut connection)?;
    let lock_timeout = format!("set lock_timeout = {}", LOCK_TIMEOUT.as_millis());
    diesel::sql_query(lock_timeout).execute(&mut connection)?;
    let mut applied = Vec::new();
    for migration in connection.pending_migrations(migrations)? {
        apply(&mut connection, migration.as_ref())?;
        applied.push(migration.name().to_string());
    }
    Ok(applied)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the thread is a command's own, and has nothing else to do"
)]
fn apply(
    connection: &mut PgConnection,
    migration: &dyn Migration<Pg>,
) -> Result<(), MigrationError> {
    for _ in 1..MOST_ATTEMPTS {
        match connection.run_migration(migration) {
            // Postgres has a code for it, which Diesel does not pass on.
            Err(error) if error.to_string().contains("lock timeout") => {
                log::info!("{} waits for others", migration.name());
                thread::sleep(BETWEEN_ATTEMPTS);
            }
            outcome => return outcome.map(drop).map_err(MigrationError::from),
        }
    }
    connection.run_migration(migration)?;
    Ok(())
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
