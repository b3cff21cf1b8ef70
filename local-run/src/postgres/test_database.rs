//! A database per test.

use anyhow::{Context, Result};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use diesel::{PgConnection, QueryResult, RunQueryDsl};
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use super::{Proxy, Server, Service, shared_test_server};

/// The advisory lock that the makers of templates take in turn. Locks are per database; this one is
/// held in `postgres`, where no service connects.
const TEMPLATE_LOCK: i64 = 0x1a7c_4be7;

/// A migrated, otherwise empty database that belongs to one test. Dropped, it is removed.
///
/// Migrations run once: into a template, which every test's database is a copy of (some 40 ms). The
/// template is named after a fingerprint of the migrations, so that changed ones make another, and is
/// shared by all test processes on the same server.
#[derive(Debug)]
pub struct TestDatabase {
    server: &'static Server,
    service: Service,
    name: String,
}

impl TestDatabase {
    /// A database for one test of `service`.
    ///
    /// `fingerprint` changes whenever the migrations do; their concatenated text will do. `migrate` runs
    /// them on the URL it gets, which is the schema owner's; it runs in one process at most, and in none
    /// if the template is there.
    ///
    /// # Errors
    ///
    /// When there is no Postgres, or `migrate` fails.
    pub fn new(
        service: Service,
        fingerprint: &str,
        migrate: impl FnOnce(&str) -> Result<()>,
    ) -> Result<Self> {
        let server = shared_test_server()?;
        let template = template_name(service, fingerprint);
        make_template_once(server, service, &template, migrate)?;
        let name = format!("test_{}_{}", service.database(), Uuid::now_v7().simple());
        server.create_database_from_template(service, &template, &name)?;
        Ok(Self {
            server,
            service,
            name,
        })
    }

    /// The URL for the role that owns the schema, as migrations use it.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.server.owner_url(self.service, &self.name)
    }

    /// The URL for the role that the service runs as.
    #[must_use]
    pub fn service_url(&self) -> String {
        self.server.service_url(self.service, &self.name)
    }

    /// A proxy to the server, and the URL that leads through it for the role that the service runs as.
    ///
    /// # Errors
    ///
    /// When there is no port for it to listen on.
    pub fn proxied(&self) -> Result<(Proxy, String)> {
        let proxy = Proxy::start(&self.server.address())?;
        let server = self.server.through(proxy.port());
        Ok((proxy, server.service_url(self.service, &self.name)))
    }

    /// The URL for a superuser, for what a test does to a service behind its back.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.server.superuser_url(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A test may have stopped the server; the database goes with the cluster then.
        let _ = self.server.drop_database(&self.name);
    }
}

fn template_name(service: Service, fingerprint: &str) -> String {
    let digest = digest(&SHA256, fingerprint.as_bytes());
    let key = digest
        .as_ref()
        .iter()
        .take(8)
        .fold(0, |key, byte| key << 8 | u64::from(*byte));
    format!("template_{}_{key:016x}", service.database())
}

fn make_template_once(
    server: &Server,
    service: Service,
    template: &str,
    migrate: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    let mut connection = server.connect()?;
    if exists(&mut connection, template)? {
        return Ok(());
    }
    // Released when the connection closes, also by a crash of this process.
    connection.batch_execute(&format!("select pg_advisory_lock({TEMPLATE_LOCK})"))?;
    if exists(&mut connection, template)? {
        return Ok(());
    }
    server.bootstrap()?;
    // The name tells that the template is whole: it is given last.
    let unfinished = format!("{template}_unfinished");
    server.drop_database(&unfinished)?;
    server.create_database_from_template(service, service.database(), &unfinished)?;
    migrate(&server.owner_url(service, &unfinished))
        .with_context(|| format!("cannot migrate the template of {}", service.database()))?;
    connection
        .batch_execute(&format!(
            r#"alter database "{unfinished}" rename to "{template}""#
        ))
        .context("a connection of the migration is still open")
}

fn exists(connection: &mut PgConnection, database: &str) -> QueryResult<bool> {
    diesel::select(
        sql::<Bool>("exists (select from pg_database where datname = ")
            .bind::<Text, _>(database)
            .sql(")"),
    )
    .get_result(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_named_after_service_and_migrations() {
        let name = template_name(Service::Auth, "create table a");
        assert!(name.starts_with("template_latchkey_auth_"));
        assert!(name.len() + "_unfinished".len() <= 63, "{name}");
        assert_ne!(name, template_name(Service::Auth, "create table b"));
        assert_ne!(name, template_name(Service::Notes, "create table a"));
    }
}
