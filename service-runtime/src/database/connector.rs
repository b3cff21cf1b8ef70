//! How connections are opened, within stated bounds, and when they are tested.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    Connection, PgConnection, RunQueryDsl,
    connection::{CacheSize, InstrumentationEvent},
    dsl::sql,
    r2d2::{ManageConnection, R2D2Connection},
    result::{DatabaseErrorKind, Error as DieselError},
    sql_types::Bool,
};
use zeroize::Zeroizing;

use super::DatabaseSettings;
use crate::{
    availability::Availability, outage_log::OutageLog, pool_usage::PoolUsage, settings::DatabaseUrl,
};

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

/// What a service that prepares statements says of itself when it connects. Postgres takes note of it. PgBouncer
/// does not know it and refuses the connection, or drops it, as [`test`] finds out: by a connection that is
/// another one in each transaction, a service would execute what another had prepared under the same name.
const PREPARES: &str = "-c%20latchkey.prepares%3Don";

/// Opens connections, and tests those that a failure elsewhere has made doubtful.
///
/// Testing each connection at check-out would double the cost of a short query; never testing would
/// hand out dead ones after a restart of Postgres, since a connection that was idle meanwhile does
/// not notice. So each connection remembers the count of connection failures up to which it is known
/// to be sound, and is tested once when that count has moved on.
pub(super) struct Connector {
    address: Zeroizing<String>,
    application_name: &'static str,
    prepare: bool,
    doubts: Arc<AtomicU64>,
    availability: Arc<Availability>,
    usage: Arc<PoolUsage>,
    log: OutageLog,
}

pub(super) struct Lease {
    pub(super) connection: PgConnection,
    sound_as_of: u64,
}

impl Connector {
    pub(super) fn new(
        settings: &DatabaseSettings,
        availability: Arc<Availability>,
        usage: Arc<PoolUsage>,
    ) -> Self {
        let mut address = bounded_address(&settings.url);
        if settings.prepare {
            add_option(&mut address, PREPARES);
        }
        Self {
            address,
            application_name: settings.application_name,
            prepare: settings.prepare,
            doubts: Arc::default(),
            availability,
            usage,
            log: OutageLog::default(),
        }
    }

    fn open(&self) -> Result<PgConnection, diesel::r2d2::Error> {
        let mut connection =
            PgConnection::establish(&self.address).map_err(diesel::r2d2::Error::ConnectionError)?;
        if !self.prepare {
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        bound(&mut connection, self.application_name)
            .and_then(|()| test(&mut connection, self.prepare))
            .map_err(diesel::r2d2::Error::QueryError)?;
        Ok(connection)
    }
}

impl ManageConnection for Connector {
    type Connection = Lease;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Lease, Self::Error> {
        let sound_as_of = self.doubts.load(Ordering::Acquire);
        let opened = self.open();
        let mut connection = opened.inspect_err(|error| {
            self.availability.failed();
            self.usage.connect_failed();
            self.log.noticed(error);
        })?;
        self.log.over();
        let doubts = Arc::clone(&self.doubts);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::FinishQuery {
                error: Some(error), ..
            } = event
                && raises_doubts(error)
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
            test(&mut lease.connection, self.prepare).map_err(diesel::r2d2::Error::QueryError)?;
            lease.sound_as_of = doubts;
        }
        Ok(())
    }

    fn has_broken(&self, lease: &mut Lease) -> bool {
        std::thread::panicking() || lease.connection.is_broken()
    }
}

/// Sets the bounds that the server keeps.
pub(super) fn bound(
    connection: &mut PgConnection,
    application_name: &'static str,
) -> diesel::QueryResult<()> {
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

pub(super) fn bounded_address(url: &DatabaseUrl) -> Zeroizing<String> {
    let mut address = Zeroizing::new(url.expose().to_owned());
    for bound in NETWORK_BOUNDS {
        add_unless_given(&mut address, bound);
    }
    address
}

fn add_unless_given(address: &mut String, (name, value): (&str, &str)) {
    if position(address, name).is_none() {
        let separator = if query(address).is_some() { '&' } else { '?' };
        address.push(separator);
        address.push_str(name);
        address.push('=');
        address.push_str(value);
    }
}

/// Adds an option of the server's, before those that the address has.
fn add_option(address: &mut String, option: &str) {
    match position(address, "options") {
        Some(at) => address.insert_str(at, &format!("{option}%20")),
        None => add_unless_given(address, ("options", option)),
    }
}

/// Where the value of a parameter begins in an address that has it.
fn position(address: &str, name: &str) -> Option<usize> {
    let query = query(address)?;
    let mut at = address.len() - query.len();
    for pair in query.split('&') {
        if let Some((given, value)) = pair.split_once('=')
            && given == name
        {
            return Some(at + pair.len() - value.len());
        }
        at += pair.len() + 1;
    }
    None
}

/// The parameters of an address. What precedes them may hold a password, and so any word.
fn query(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let after_password = rest
        .find(['@', '/'])
        .and_then(|at| rest[at..].strip_prefix('@'));
    let (_, query) = after_password.unwrap_or(rest).split_once('?')?;
    Some(query)
}

/// Fails where the server is gone, and where it is a standby: one that was the primary until a moment ago answers
/// with what it knew then. To prepare statements, also behind a pooler that dropped the option it does not know.
fn test(connection: &mut PgConnection, prepare: bool) -> diesel::QueryResult<()> {
    let settings = (
        sql::<Bool>("current_setting('transaction_read_only') = 'off'"),
        sql::<Bool>("coalesce(current_setting('latchkey.prepares', true) = 'on', false)"),
    );
    let complaint = match diesel::select(settings).get_result(connection)? {
        (false, _) => "the server is read-only",
        (true, false) if prepare => {
            "a pooler is between that does not keep prepared statements: DATABASE_PREPARE=off"
        }
        _ => return Ok(()),
    };
    Err(DieselError::QueryBuilderError(complaint.into()))
}

fn raises_doubts(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::Unknown,
            _
        ) | DieselError::BrokenTransactionManager
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_joins_those_that_the_address_has() {
        for (address, expected) in [
            ("postgres://h/db", "postgres://h/db?options=x"),
            (
                "postgres://h/db?options=-c%20a%3Db",
                "postgres://h/db?options=x%20-c%20a%3Db",
            ),
            (
                "postgres://u:p?options=@h/db?a=b&options=y&c=d",
                "postgres://u:p?options=@h/db?a=b&options=x%20y&c=d",
            ),
        ] {
            let mut address = address.to_owned();
            add_option(&mut address, "x");
            assert_eq!(address, expected);
        }
    }

    #[test]
    fn a_parameter_is_added_unless_the_address_has_it() {
        for (address, expected) in [
            ("postgres://u:p@h/db", "postgres://u:p@h/db?options=x"),
            ("postgres://h", "postgres://h?options=x"),
            (
                "postgres:///db?host=/run",
                "postgres:///db?host=/run&options=x",
            ),
            ("postgres://h/db?options=y", "postgres://h/db?options=y"),
            (
                "postgres://h/db?myoptions=y",
                "postgres://h/db?myoptions=y&options=x",
            ),
            (
                "postgres://u:options=?@h/db",
                "postgres://u:options=?@h/db?options=x",
            ),
            (
                "postgres://h/db?sslrootcert=/a@b",
                "postgres://h/db?sslrootcert=/a@b&options=x",
            ),
        ] {
            let mut address = address.to_owned();
            add_unless_given(&mut address, ("options", "x"));
            assert_eq!(address, expected);
        }
    }
}
