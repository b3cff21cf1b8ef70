//! What a superuser does on a running Postgres.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::Bool;
use diesel::{Connection, PgConnection, RunQueryDsl};
use url::Url;

use super::programs::Programs;
use crate::process::inherited_path;
use crate::{secret, wait};

const USUAL_PORT: u16 = 5432;
const RECOVERY_TIMEOUT: Duration = Duration::from_mins(10);
const BOOTSTRAP: &str = include_str!("../../../docker/postgres/bootstrap.sql");

/// A service with a database of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// The auth server.
    Auth,
    /// The notes API.
    Notes,
}

impl Service {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Auth, Self::Notes];

    /// The database.
    #[must_use]
    pub fn database(self) -> &'static str {
        match self {
            Self::Auth => "latchkey_auth",
            Self::Notes => "latchkey_notes",
        }
    }

    /// The role that migrations run as.
    #[must_use]
    pub fn owner_role(self) -> &'static str {
        match self {
            Self::Auth => "latchkey_auth_owner",
            Self::Notes => "latchkey_notes_owner",
        }
    }

    /// The role that the service runs as. It has the name of the database.
    #[must_use]
    pub fn role(self) -> &'static str {
        self.database()
    }

    fn password_variables(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Auth => [
                ("LATCHKEY_AUTH_OWNER_PASSWORD", self.owner_role()),
                ("LATCHKEY_AUTH_PASSWORD", self.role()),
            ],
            Self::Notes => [
                ("LATCHKEY_NOTES_OWNER_PASSWORD", self.owner_role()),
                ("LATCHKEY_NOTES_PASSWORD", self.role()),
            ],
        }
    }
}

/// A running Postgres and the right to do anything on it.
///
/// The passwords of the services' roles are derived from the superuser's. Whoever knows that one can
/// make the same URLs, so that test processes that run side by side agree without asking each other.
#[derive(Debug, Clone)]
pub struct Server {
    /// As they stand in a URL.
    superuser: String,
    password: String,
    /// Where it listens. Of several, one is the primary.
    addresses: Vec<(String, u16)>,
    /// What else libpq is told.
    query: Option<String>,
}

impl Server {
    /// The server behind a superuser's URL.
    ///
    /// # Errors
    ///
    /// When the URL is none, or lacks host, user or password.
    pub fn from_superuser_url(url: &str) -> Result<Self> {
        // The text stays out of the error: it holds a password.
        let superuser = Url::parse(url).map_err(|error| anyhow!("not a database URL: {error}"))?;
        if superuser.username().is_empty()
            || superuser.password().is_none()
            || superuser.host_str().is_none_or(str::is_empty)
        {
            bail!("a superuser's URL has the shape postgres://user:password@host:port/postgres");
        }
        let host = superuser.host_str().unwrap_or_default().to_owned();
        Ok(Self {
            superuser: superuser.username().to_owned(),
            password: superuser.password().unwrap_or_default().to_owned(),
            addresses: vec![(host, superuser.port().unwrap_or(USUAL_PORT))],
            query: superuser.query().map(str::to_owned),
        })
    }

    /// Whichever of these ports of 127.0.0.1 leads to the primary: libpq asks one after another.
    #[must_use]
    pub fn primary_of(ports: &[u16], superuser_password: &str) -> Self {
        Self {
            superuser: "postgres".to_owned(),
            password: superuser_password.to_owned(),
            addresses: ports.iter().map(|port| on_loopback(*port)).collect(),
            query: Some("target_session_attrs=read-write".to_owned()),
        }
    }

    pub(super) fn on_loopback(port: u16, superuser_password: &str) -> Result<Self> {
        Self::from_superuser_url(&format!(
            "postgres://postgres:{superuser_password}@127.0.0.1:{port}/postgres"
        ))
    }

    /// Where it listens, as `host:port`; several are separated by commas.
    #[must_use]
    pub fn address(&self) -> String {
        let addresses = self.addresses.iter();
        let addresses: Vec<_> = addresses
            .map(|(host, port)| format!("{host}:{port}"))
            .collect();
        addresses.join(",")
    }

    /// The same server by another way: a [`Proxy`](super::Proxy) on this port of 127.0.0.1. Connections
    /// that go there are not encrypted, so that it can read along.
    #[must_use]
    pub fn through(&self, port: u16) -> Self {
        Self {
            addresses: vec![on_loopback(port)],
            query: Some("sslmode=disable&gssencmode=disable".to_owned()),
            ..self.clone()
        }
    }

    /// The superuser's URL for `database`.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> String {
        self.url(&self.superuser, &self.password, database)
    }

    /// The URL for `database` as the role that owns the service's schema.
    #[must_use]
    pub fn owner_url(&self, service: Service, database: &str) -> String {
        self.role_url(service.owner_role(), database)
    }

    /// The URL for `database` as the role the service runs as.
    #[must_use]
    pub fn service_url(&self, service: Service, database: &str) -> String {
        self.role_url(service.role(), database)
    }

    /// The password of the role the service runs as.
    #[must_use]
    pub fn password_of(&self, service: Service) -> String {
        self.role_password(service.role())
    }

    /// Makes the roles, the two databases and their privileges (`docker/postgres/bootstrap.sql`, by
    /// psql), or makes sure of them, once the server has recovered.
    ///
    /// # Errors
    ///
    /// What psql says; also when the recovery takes more than ten minutes.
    pub fn bootstrap(&self) -> Result<()> {
        self.wait_for_end_of_recovery()?;
        let mut psql = Command::new(Programs::newest()?.path("psql"))
            .args(["--no-psqlrc", "--quiet", "--no-password", "--file=-"])
            .env_clear()
            .envs(inherited_path())
            // In the environment, where other users of the machine cannot read them.
            .envs(self.libpq_variables())
            .envs(
                Service::ALL
                    .into_iter()
                    .flat_map(Service::password_variables)
                    .map(|(variable, role)| (variable, self.role_password(role))),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start psql")?;
        if let Some(mut stdin) = psql.stdin.take() {
            stdin.write_all(BOOTSTRAP.as_bytes())?;
        }
        let output = psql.wait_with_output()?;
        if !output.status.success() {
            bail!(
                "bootstrap.sql failed: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }

    /// Makes the database `name`, a copy of `template`, which nobody may be connected to. The copy
    /// belongs to the service's owner; only that service's roles can connect.
    ///
    /// # Errors
    ///
    /// What Postgres says.
    pub fn create_database_from_template(
        &self,
        service: Service,
        template: &str,
        name: &str,
    ) -> Result<()> {
        let mut connection = self.connect()?;
        let (owner, role) = (service.owner_role(), service.role());
        // What CREATE DATABASE does not copy are the privileges on the database itself.
        for statement in [
            format!(r#"create database "{name}" template "{template}" owner "{owner}""#),
            format!(r#"revoke all on database "{name}" from public"#),
            format!(r#"grant connect on database "{name}" to "{role}""#),
        ] {
            connection
                .batch_execute(&statement)
                .with_context(|| format!("cannot copy database {template} to {name}"))?;
        }
        Ok(())
    }

    /// Drops the database `name`, if it exists, and ends the connections to it.
    ///
    /// # Errors
    ///
    /// What Postgres says.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.connect()?
            .batch_execute(&format!(r#"drop database if exists "{name}" with (force)"#))
            .with_context(|| format!("cannot drop database {name}"))
    }

    /// A superuser's connection to the database `postgres`.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    pub fn connect(&self) -> Result<PgConnection> {
        PgConnection::establish(&self.superuser_url("postgres")).context("cannot reach Postgres")
    }

    /// One that is started on a restored directory replays the log first. It is not to be stopped just after that:
    /// it may have chosen its timeline and not kept it yet, and would replay the whole log at the next start.
    fn wait_for_end_of_recovery(&self) -> Result<()> {
        let mut connection = self.connect()?;
        let recovering = sql::<Bool>("pg_is_in_recovery()");
        wait::until("the recovery of Postgres", RECOVERY_TIMEOUT, || {
            let recovering =
                diesel::select(recovering.clone()).get_result::<bool>(&mut connection)?;
            Ok((!recovering).then_some(()))
        })
    }

    fn role_password(&self, role: &str) -> String {
        secret::derived_password(&self.password, role)
    }

    fn role_url(&self, role: &str, database: &str) -> String {
        self.url(role, &self.role_password(role), database)
    }

    fn url(&self, user: &str, password: &str, database: &str) -> String {
        let address = self.address();
        let query = self.query.as_ref().map(|query| format!("?{query}"));
        let query = query.unwrap_or_default();
        format!("postgres://{user}:{password}@{address}/{database}{query}")
    }

    fn libpq_variables(&self) -> [(&'static str, String); 6] {
        let (hosts, ports): (Vec<_>, Vec<_>) = self
            .addresses
            .iter()
            .map(|(host, port)| (host.clone(), port.to_string()))
            .unzip();
        [
            ("PGHOST", hosts.join(",")),
            ("PGPORT", ports.join(",")),
            ("PGTARGETSESSIONATTRS", "read-write".to_owned()),
            ("PGUSER", self.superuser.clone()),
            ("PGPASSWORD", self.password.clone()),
            ("PGDATABASE", "postgres".to_owned()),
        ]
    }
}

fn on_loopback(port: u16) -> (String, u16) {
    ("127.0.0.1".to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_role_and_database() {
        let server = Server::on_loopback(15432, "secret").unwrap();
        assert_eq!(
            server.superuser_url("other"),
            "postgres://postgres:secret@127.0.0.1:15432/other"
        );
        let url = Url::parse(&server.owner_url(Service::Auth, "test_1")).unwrap();
        assert_eq!(url.username(), "latchkey_auth_owner");
        assert_eq!(url.path(), "/test_1");
        assert_ne!(
            url.password(),
            Url::parse(&server.service_url(Service::Auth, "x"))
                .unwrap()
                .password()
        );
    }

    #[test]
    fn another_way_leads_to_the_same_server_in_clear() {
        let server = Server::on_loopback(15432, "secret").unwrap();
        let proxied = server.through(20_000).service_url(Service::Auth, "x");
        let straight = server.service_url(Service::Auth, "x");
        assert_eq!(
            proxied,
            straight.replace("15432", "20000") + "?sslmode=disable&gssencmode=disable"
        );
    }

    #[test]
    fn of_several_addresses_the_primary_is_asked_for() {
        let server = Server::primary_of(&[15432, 15433], "secret");
        assert_eq!(
            server.superuser_url("other"),
            "postgres://postgres:secret@127.0.0.1:15432,127.0.0.1:15433/other\
             ?target_session_attrs=read-write"
        );
    }

    #[test]
    fn refuses_urls_without_the_parts_it_needs_and_does_not_print_them() {
        for url in [
            "",
            "postgres",
            "postgres://127.0.0.1/postgres",
            "postgres://u@h/postgres",
        ] {
            let error = Server::from_superuser_url(url).unwrap_err().to_string();
            assert!(!error.contains("127.0.0.1"), "{error}");
        }
    }
}
