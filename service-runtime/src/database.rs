//! The database pool: every query of a service passes [`Database::run`], off the HTTP workers and
//! within stated bounds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::web;
use diesel::{
    Connection, PgConnection, RunQueryDsl,
    connection::InstrumentationEvent,
    r2d2::{ManageConnection, NopErrorHandler, Pool, R2D2Connection},
    result::{DatabaseErrorKind, Error as DieselError},
};

use zeroize::Zeroizing;

use crate::{availability::Availability, outage_log::OutageLog, settings::DatabaseUrl};

/// How a service uses its database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Where it is.
    pub url: DatabaseUrl,
    /// Connections kept open at the most.
    pub pool_size: u32,
    /// Shown by `pg_stat_activity`.
    pub application_name: &'static str,
}

/// How long a request waits for a connection before it is answered with 503.
const POOL_WAIT: Duration = Duration::from_secs(1);
/// How long one statement may run.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one statement may wait for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a transaction may wait for its next statement: a process that was stopped in between lets go of its
/// locks, and what it wrote is not committed long after it was decided.
const IDLE_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// What libpq is told unless the address says otherwise: to give up on a server that does not answer
/// within seconds, where the kernel would wait for minutes. The timeouts above are kept by the server,
/// and one that is gone keeps none.
const NETWORK_BOUNDS: [(&str, &str); 4] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
];

/// A pool of connections to one database. Cloning shares the pool.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Connector>,
    availability: Arc<Availability>,
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
        let connector = Connector {
            address: bounded_address(&settings.url),
            application_name: settings.application_name,
            doubts: Arc::default(),
            availability: Arc::clone(&availability),
            log: OutageLog::default(),
        };
        let pool = Pool::builder()
            .max_size(settings.pool_size)
            .min_idle(Some(1))
            .connection_timeout(POOL_WAIT)
            .test_on_check_out(true)
            // The connector logs what is worth a line.
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(connector);
        Self { pool, availability }
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
        let Self { pool, availability } = self.clone();
        let unit = move || {
            let found = {
                let mut lease = pool
                    .get()
                    .map_err(|error| DatabaseError::NoConnection(error.to_string()))?;
                work(&mut lease.connection)?
            };
            availability.succeeded(Instant::now());
            after(found)
        };
        web::block(unit)
            .await
            .map_err(|_| DatabaseError::Cancelled)?
    }
}

/// Opens connections, and tests those that a failure elsewhere has made doubtful.
///
/// Testing each connection at check-out would double the cost of a short query; never testing would
/// hand out dead ones after a restart of Postgres, since a connection that was idle meanwhile does
/// not notice. So each connection remembers the count of connection failures up to which it is known
/// to be sound, and is tested once when that count has moved on.
struct Connector {
    address: Zeroizing<String>,
    application_name: &'static str,
    doubts: Arc<AtomicU64>,
    availability: Arc<Availability>,
    log: OutageLog,
}

struct Lease {
    connection: PgConnection,
    sound_as_of: u64,
}

impl ManageConnection for Connector {
    type Connection = Lease;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Lease, Self::Error> {
        let sound_as_of = self.doubts.load(Ordering::Acquire);
        let established = PgConnection::establish(&self.address);
        let mut connection = established.map_err(|error| {
            self.availability.failed();
            self.log.noticed(&error);
            diesel::r2d2::Error::ConnectionError(error)
        })?;
        self.log.over();
        bound(&mut connection, self.application_name).map_err(diesel::r2d2::Error::QueryError)?;
        let doubts = Arc::clone(&self.doubts);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::FinishQuery {
                error: Some(error), ..
            } = event
                && lost_connection(error)
            {
                doubts.fetch_add(1, Ordering::AcqRel);
            }
        });
        Ok(Lease {
            connection,
            sound_as_of,
        })
    }

    fn is_valid(&self, lease: &mut Lease) -> Result<(), Self::Error> {
        let doubts = self.doubts.load(Ordering::Acquire);
        if lease.sound_as_of != doubts {
            lease
                .connection
                .ping()
                .map_err(diesel::r2d2::Error::QueryError)?;
            lease.sound_as_of = doubts;
        }
        Ok(())
    }

    fn has_broken(&self, lease: &mut Lease) -> bool {
        std::thread::panicking() || lease.connection.is_broken()
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
    bound(&mut connection, application_name)
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Sets the bounds that the server keeps.
fn bound(connection: &mut PgConnection, application_name: &'static str) -> diesel::QueryResult<()> {
    diesel::sql_query(format!(
        "select set_config('statement_timeout', '{}', false),
                set_config('lock_timeout', '{}', false),
                set_config('idle_in_transaction_session_timeout', '{}', false),
                set_config('application_name', '{application_name}', false)",
        STATEMENT_TIMEOUT.as_millis(),
        LOCK_TIMEOUT.as_millis(),
        IDLE_TRANSACTION_TIMEOUT.as_millis(),
    ))
    .execute(connection)
    .map(drop)
}

fn bounded_address(url: &DatabaseUrl) -> Zeroizing<String> {
    let mut address = Zeroizing::new(url.expose().to_owned());
    for (name, value) in NETWORK_BOUNDS {
        if !address.contains(name) {
            let separator = if address.contains('?') { '&' } else { '?' };
            address.push(separator);
            address.push_str(name);
            address.push('=');
            address.push_str(value);
        }
    }
    address
}

fn lost_connection(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::Unknown,
            _
        ) | DieselError::BrokenTransactionManager
    )
}
