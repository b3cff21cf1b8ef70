//! The database of one test, and what a test does to it behind the service's back.

use std::{fs, path::Path};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_types::Text,
};
use local_run::postgres::{Proxy, Service, TestDatabase, shared_test_server};
use notes_api::schema::MIGRATIONS;
use serde_json::Value;
use service_runtime::{migrations, settings::DatabaseUrl};

/// The database of one test.
pub(crate) struct Database(TestDatabase);

impl Database {
    /// Migrated and empty.
    pub(crate) fn new() -> Self {
        let database = TestDatabase::new(Service::Notes, &fingerprint(), |owner_url| {
            migrations::migrate(&DatabaseUrl::from(owner_url.to_owned()), MIGRATIONS)?;
            Ok(())
        });
        Self(database.unwrap())
    }

    /// As the bootstrap leaves it.
    pub(crate) fn not_migrated() -> Self {
        Self(TestDatabase::new(Service::Notes, "not migrated", |_| Ok(())).unwrap())
    }

    /// Brings the schema up to date, as `notes-api migrate` does.
    pub(crate) fn migrate(&self) {
        migrations::migrate(&DatabaseUrl::from(self.0.owner_url()), MIGRATIONS).unwrap();
    }

    /// For the role that the service runs as.
    pub(crate) fn service_url(&self) -> String {
        self.0.service_url()
    }

    /// A proxy to it, and the URL that leads through it for the role that the service runs as.
    pub(crate) fn proxied(&self) -> (Proxy, String) {
        self.0.proxied().unwrap()
    }

    /// For the role that migrations run as.
    pub(crate) fn owner_url(&self) -> String {
        self.0.owner_url()
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

    /// All notes, the oldest first: owner, title, body and version.
    #[track_caller]
    pub(crate) fn notes(&self) -> Vec<Value> {
        self.rows("select owner, title, body, version from notes order by id")
    }

    /// Lets nobody in any more and throws out who is in: as far as the service can tell, Postgres
    /// is away.
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

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.0.superuser_url()).unwrap()
    }

    fn name(&self) -> String {
        let url = self.0.superuser_url();
        url.rsplit('/').next().unwrap().to_owned()
    }
}

#[derive(QueryableByName)]
struct Json {
    #[diesel(sql_type = Text)]
    json: String,
}

fn administer(statement: &str) {
    let mut connection = shared_test_server().unwrap().connect().unwrap();
    connection.batch_execute(statement).unwrap();
}

/// Changes whenever the migrations do.
fn fingerprint() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/notes-api");
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("up.sql"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}
