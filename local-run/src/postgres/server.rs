//! What a superuser does on a running Postgres.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use url::Url;

use super::programs::Programs;
use crate::process::inherited_path;
use crate::secret;

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
    /// `postgres://<superuser>:<password>@<host>:<port>/postgres`
    superuser: Url,
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
        Ok(Self { superuser })
    }

    pub(super) fn on_loopback(port: u16, superuser_password: &str) -> Result<Self> {
        Self::from_superuser_url(&format!(
            "postgres://postgres:{superuser_password}@127.0.0.1:{port}/postgres"
        ))
    }

    /// Where it listens, as `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        let host = self.superuser.host_str().unwrap_or_default();
        format!("{host}:{}", self.superuser.port().unwrap_or(5432))
    }

    /// The same server by another way: a [`Proxy`](super::Proxy) on this port of 127.0.0.1. Connections
    /// that go there are not encrypted, so that it can read along.
    #[must_use]
    pub fn through(&self, port: u16) -> Self {
        let mut superuser = self.superuser.clone();
        // Refused only by URLs without a host, which this type has none of.
        let _ = superuser.set_host(Some("127.0.0.1"));
        let _ = superuser.set_port(Some(port));
        superuser.set_query(Some("sslmode=disable&gssencmode=disable"));
        Self { superuser }
    }

    /// The superuser's URL for `database`.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> String {
        let mut url = self.superuser.clone();
        url.set_path(database);
        url.into()
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

    /// Makes the roles, the two databases and their privileges (`docker/postgres/bootstrap.sql`, by
    /// psql), or makes sure of them.
    ///
    /// # Errors
    ///
    /// What psql says.
    pub fn bootstrap(&self) -> Result<()> {
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

    fn role_password(&self, role: &str) -> String {
        secret::derived_password(self.superuser.password().unwrap_or_default(), role)
    }

    fn role_url(&self, role: &str, database: &str) -> String {
        let address = self.address();
        let query = self.superuser.query().map(|query| format!("?{query}"));
        format!(
            "postgres://{role}:{}@{address}/{database}{}",
            self.role_password(role),
            query.unwrap_or_default()
        )
    }

    fn libpq_variables(&self) -> [(&'static str, String); 5] {
        [
            (
                "PGHOST",
                self.superuser.host_str().unwrap_or_default().to_owned(),
            ),
            ("PGPORT", self.superuser.port().unwrap_or(5432).to_string()),
            ("PGUSER", self.superuser.username().to_owned()),
            (
                "PGPASSWORD",
                self.superuser.password().unwrap_or_default().to_owned(),
            ),
            ("PGDATABASE", "postgres".to_owned()),
        ]
    }
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
