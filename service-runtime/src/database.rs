//! The database pool: every query of a service passes [`Database::run`], off the HTTP workers and
//! within stated bounds.

mod connector;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::web;
use diesel::{
    Connection, PgConnection,
    connection::CacheSize,
    r2d2::{NopErrorHandler, Pool},
    result::{DatabaseErrorKind, Error as DieselError},
};
use tokio::time::timeout;

use self::connector::{Connector, bound, bounded_address};
pub use crate::pool_usage::DatabaseStatus;
use crate::{availability::Availability, pool_usage::PoolUsage, settings::DatabaseUrl};

/// How a service uses its database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Where it is.
    pub url: DatabaseUrl,
    /// Connections kept open at the most.
    pub pool_size: u32,
    /// Whether a connection keeps the statements that it has prepared. It must not where a pooler gives it another
    /// server for each transaction.
    pub prepare: bool,
    /// Shown by `pg_stat_activity`.
    pub application_name: &'static str,
}

/// How long a request waits for a connection before it is answered with 503.
const POOL_WAIT: Duration = Duration::from_secs(1);

/// How long a request waits for all of its work before it is answered with 503. Above the time that a
/// statement may wait and run by the bounds that the server keeps: one that has stopped, and one that is cut
/// off without a word, keeps none.
const PATIENCE: Duration = Duration::from_secs(8);

/// A pool of connections to one database. Cloning shares the pool.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Connector>,
    availability: Arc<Availability>,
    usage: Arc<PoolUsage>,
}

/// Why a unit of work got no answer from the database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// No connection was free, or none could be made, within a second.
    #[error("no database connection: {0}")]
    NoConnection(String),
    /// A statement failed: a constraint, a timeout, a lost connection, a full disk.
    #[error("database: {0}")]
    Statement(#[from] DieselError),
    /// No answer came for eight seconds. The work may still be done.
    #[error("the database is silent")]
    Silent,
    /// The thread that ran the work was cancelled, as happens while the process stops.
    #[error("the work was cancelled")]
    Cancelled,
}

impl DatabaseError {
    /// The constraint whose violation this is, if it is one.
    #[must_use]
    pub fn violated_constraint(&self) -> Option<&str> {
        match self {
            Self::Statement(DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                information,
            )) => information.constraint_name(),
            _ => None,
        }
    }
}

impl Database {
    /// Makes the pool without waiting for the database: a service starts, and says that it is not
    /// ready, while its database is away.
    #[must_use]
    pub fn new(settings: &DatabaseSettings) -> Self {
        let availability = Arc::new(Availability::new(Instant::now()));
        let usage = Arc::<PoolUsage>::default();
        let connector = Connector::new(settings, Arc::clone(&availability), Arc::clone(&usage));
        let pool = Pool::builder()
            .max_size(settings.pool_size)
            .min_idle(Some(1))
            .connection_timeout(POOL_WAIT)
            .test_on_check_out(true)
            // The connector logs what is worth a line.
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(connector);
        Self {
            pool,
            availability,
            usage,
        }
    }

    /// Runs `work` with a connection on a thread that may block.
    ///
    /// # Errors
    ///
    /// Whatever `work` returns, or a [`DatabaseError`] where it could not run.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.run_then(work, Ok).await
    }

    /// How long the database was away, as seen from this process, if it has been back for less than
    /// `within`; otherwise zero.
    #[must_use]
    pub fn recent_outage(&self, within: Duration) -> Duration {
        self.availability.recent_outage(within, Instant::now())
    }

    /// How the pool is doing.
    #[must_use]
    pub fn status(&self) -> DatabaseStatus {
        let state = self.pool.state();
        self.usage.status(
            state.connections,
            state.idle_connections,
            self.pool.max_size(),
        )
    }

    /// Runs `work` with a connection, gives the connection back, and runs `after` on the same
    /// thread: for computation, such as a signature, that must hold up neither a worker nor the
    /// pool.
    ///
    /// # Errors
    ///
    /// Whatever `work` or `after` returns, or a [`DatabaseError`] where `work` could not run.
    pub async fn run_then<T, U, E>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
        after: impl FnOnce(T) -> Result<U, E> + Send + 'static,
    ) -> Result<U, E>
    where
        U: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let Self {
            pool,
            availability,
            usage,
        } = self.clone();
        let watched = Arc::clone(&availability);
        let unit = move || {
            let found = {
                let mut lease = usage
                    .wait(|| pool.get())
                    .map_err(|error| DatabaseError::NoConnection(error.to_string()))?;
                work(&mut lease.connection)?
            };
            availability.succeeded(Instant::now());
            after(found)
        };
        let outcome = timeout(PATIENCE, web::block(unit)).await.map_err(|_| {
            watched.failed();
            DatabaseError::Silent
        })?;
        outcome.map_err(|_| DatabaseError::Cancelled)?
    }
}

/// A connection of its own, within the same bounds: for a command that does one thing and ends.
///
/// # Errors
///
/// The database cannot be reached.
pub fn connect(
    url: &DatabaseUrl,
    application_name: &'static str,
) -> Result<PgConnection, diesel::ConnectionError> {
    let mut connection = PgConnection::establish(&bounded_address(url))?;
    // Nothing is repeated that would be worth keeping, and so a command can come by a pooler as well.
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    bound(&mut connection, application_name)
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}
