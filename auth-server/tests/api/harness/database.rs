//! The database of one test, and what a test does to it behind the server's back.

use std::{fs, path::Path, time::Duration};

use auth_server::{
    app::MIGRATIONS,
    keys::{
        first_start::create_first_keys,
        life::KeyPolicy,
        master_key::MasterKeys,
        rotation::{KeyMaker, take_steps},
        signing_key::RsaBits,
    },
};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_types::Text,
};
use local_run::postgres::{Proxy, Service, TestDatabase, shared_test_server};
use serde_json::Value;
use service_runtime::{migrations, settings::DatabaseUrl};

use super::{MASTER_KEY, eventually};

/// The database of one test.
pub(crate) struct Database(TestDatabase);

impl Database {
    /// Migrated, with an active and a pending signing key and a pepper, as a first start leaves it.
    pub(crate) fn new() -> Self {
        let prepare = |owner_url: &str| {
            migrate(owner_url)?;
            let master_keys = MasterKeys::parse(MASTER_KEY)?;
            let mut connection = PgConnection::establish(owner_url)?;
            let maker = KeyMaker {
                master_keys: &master_keys,
                rsa_bits: RsaBits::Rsa2048,
                policy: KeyPolicy {
                    rotation: Duration::from_hours(90 * 24),
                    jwks_max_age: Duration::from_mins(5),
                    token_lifetime: Duration::from_mins(15),
                },
            };
            create_first_keys(&mut connection, &maker)?;
            take_steps(&mut connection, &maker)?;
            Ok(())
        };
        let fingerprint = format!("{MASTER_KEY} {}", fingerprint());
        Self(TestDatabase::new(Service::Auth, &fingerprint, prepare).unwrap())
    }

    /// Migrated and empty, as before the first start.
    pub(crate) fn without_keys() -> Self {
        Self(TestDatabase::new(Service::Auth, &fingerprint(), migrate).unwrap())
    }

    /// As the bootstrap leaves it.
    pub(crate) fn not_migrated() -> Self {
        Self(TestDatabase::new(Service::Auth, "not migrated", |_| Ok(())).unwrap())
    }

    /// Brings the schema up to date, as `auth-server migrate` does.
    pub(crate) fn migrate(&self) {
        migrate(&self.0.owner_url()).unwrap();
    }

    /// For the role that the server runs as.
    pub(crate) fn service_url(&self) -> String {
        self.0.service_url()
    }

    /// A proxy to it, and the URL that leads through it for the role that the server runs as.
    pub(crate) fn proxied(&self) -> (Proxy, String) {
        self.0.proxied().unwrap()
    }

    /// A superuser's connection.
    pub(crate) fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.0.superuser_url()).unwrap()
    }

    /// Executes statements.
    #[track_caller]
    pub(crate) fn execute(&self, statements: &str) {
        self.connect().batch_execute(statements).unwrap();
    }

    /// The rows of a query as JSON objects.
    #[track_caller]
    pub(crate) fn rows(&self, query: &str) -> Vec<Value> {
        let query =
            format!("with t as ({query}) select coalesce(json_agg(t), '[]')::text as json from t");
        let found: Json = diesel::sql_query(query)
            .get_result(&mut self.connect())
            .unwrap();
        serde_json::from_str(&found.json).unwrap()
    }

    /// The one row of a query.
    #[track_caller]
    pub(crate) fn row(&self, query: &str) -> Value {
        let mut rows = self.rows(query);
        assert_eq!(rows.len(), 1, "{query}: {rows:?}");
        rows.remove(0)
    }

    /// The number of rows of a table, or of what else stands after `from`.
    #[track_caller]
    pub(crate) fn count(&self, from: &str) -> u64 {
        let row = self.row(&format!("select count(*) as n from {from}"));
        row["n"].as_u64().unwrap()
    }

    /// The kinds of the security events, in order.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<String> {
        self.rows("select kind from security_events order by id")
            .iter()
            .map(|row| row["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Lets that much time pass for all sessions and for whoever is throttled.
    #[track_caller]
    pub(crate) fn pass(&self, interval: &str) {
        self.execute(&format!(
            "update sessions set
                created_at = created_at - interval '{interval}',
                rotated_at = rotated_at - interval '{interval}',
                idle_expires_at = idle_expires_at - interval '{interval}',
                absolute_expires_at = absolute_expires_at - interval '{interval}';
             update throttle_buckets set full_at = full_at - interval '{interval}';
             update throttle_failures set last_at = last_at - interval '{interval}'"
        ));
    }

    /// Lets nobody in any more and throws out who is in, as far as the server can tell: Postgres is
    /// away.
    pub(crate) fn cut_off(&self) {
        let name = self.name();
        administer(&format!("alter database {name} allow_connections false"));
        administer(&format!(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{name}'"
        ));
    }

    /// Lets everybody in again.
    pub(crate) fn restore(&self) {
        administer(&format!(
            "alter database {} allow_connections true",
            self.name()
        ));
    }

    /// Lets those who come from now on only read, or write again: they have come to a standby.
    pub(crate) fn set_read_only(&self, read_only: bool) {
        administer(&format!(
            "alter database {} set default_transaction_read_only = {read_only}",
            self.name()
        ));
    }

    /// Executes a statement in a transaction and leaves it open, with its locks.
    pub(crate) fn hold(&self, statement: &str) -> Held {
        let mut connection = self.connect();
        connection
            .batch_execute(&format!("begin; {statement}"))
            .unwrap();
        Held(connection)
    }

    /// Waits until some statement waits for a lock.
    pub(crate) async fn waiter(&self) {
        let waiting =
            "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        eventually("a wait for a lock", async || self.count(waiting) > 0).await;
    }

    fn name(&self) -> String {
        let url = self.0.superuser_url();
        url.rsplit('/').next().unwrap().to_owned()
    }
}

/// An open transaction. Dropped, it is rolled back.
pub(crate) struct Held(PgConnection);

impl Held {
    /// Commits it.
    pub(crate) fn commit(mut self) {
        self.0.batch_execute("commit").unwrap();
    }
}

#[derive(QueryableByName)]
struct Json {
    #[diesel(sql_type = Text)]
    json: String,
}

/// Executes a statement outside all databases of tests.
fn administer(statement: &str) {
    let mut connection = shared_test_server().unwrap().connect().unwrap();
    connection.batch_execute(statement).unwrap();
}

fn migrate(owner_url: &str) -> anyhow::Result<()> {
    migrations::migrate(&DatabaseUrl::from(owner_url.to_owned()), MIGRATIONS)?;
    if let Some(change) = schema_change() {
        PgConnection::establish(owner_url)?.batch_execute(&change)?;
    }
    Ok(())
}

/// What is done to the schema after migrating, if anything: all tests are to pass on a partitioned table, too.
#[expect(
    clippy::disallowed_methods,
    reason = "a variable for test runs, not a setting"
)]
fn schema_change() -> Option<String> {
    let file = std::env::var_os("LATCHKEY_TEST_SCHEMA_CHANGE")?;
    Some(fs::read_to_string(file).unwrap())
}

/// Changes whenever the migrations do.
fn fingerprint() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/auth-server");
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("up.sql"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .chain(schema_change())
        .collect()
}
