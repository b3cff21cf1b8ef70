//! What a stack consists of, and where it keeps its things.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::binaries::Binaries;
use crate::postgres::Durability;
use crate::site::{Site, checkout_directory};

/// What the stack decides for the services, whatever the environment of `local-run` says.
const DECIDED_HERE: [&str; 11] = [
    "AUTH_LISTEN",
    "AUTH_METRICS_LISTEN",
    "AUTH_DATABASE_URL",
    "AUTH_ISSUER",
    "AUTH_MASTER_KEYS",
    "AUTH_MASTER_KEYS_FILE",
    "NOTES_LISTEN",
    "NOTES_DATABASE_URL",
    "NOTES_ISSUER",
    "NOTES_JWKS_URL",
    "NOTES_METRICS_LISTEN",
];

/// A stack to start.
#[derive(Debug, Clone)]
pub struct StackSettings {
    /// For data, secrets, logs and the gateway's files. Made if there is none.
    pub directory: PathBuf,
    /// The services' executables.
    pub binaries: Binaries,
    /// Replicas of the auth server.
    pub auth_servers: usize,
    /// Replicas of the notes API.
    pub notes_apis: usize,
    /// What the gateway serves to browsers.
    pub site: Site,
    /// Whether the gateway lets one client make only so many requests. Where the auth servers have
    /// `AUTH_THROTTLE=off` it does not.
    pub rate_limit: bool,
    /// Whether the services serve figures for Prometheus.
    pub metrics: bool,
    /// What a crash of the machine may cost.
    pub durability: Durability,
    /// Ports to use where they are free.
    pub ports: WantedPorts,
    /// Where the services reach Postgres, if not at its own port.
    pub database_ports: DatabasePorts,
    /// More settings for each auth server. These win over the stack's own.
    pub auth_environment: Vec<(String, String)>,
    /// More settings for each notes API. These win over the stack's own.
    pub notes_environment: Vec<(String, String)>,
    /// More environment for Postgres: a test moves its clock with it.
    pub postgres_environment: Vec<(String, String)>,
    /// More parameters for Postgres (`postgresql.conf`), name and value.
    pub postgres_parameters: Vec<(String, String)>,
}

/// Ports that are used where they are free; otherwise, and where there is none, some free port is.
/// The first replica of a service gets the port.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedPorts {
    /// nginx.
    pub gateway: Option<u16>,
    /// The auth server.
    pub auth_server: Option<u16>,
    /// The notes API.
    pub notes_api: Option<u16>,
    /// The auth server's figures.
    pub auth_metrics: Option<u16>,
    /// The notes API's figures.
    pub notes_metrics: Option<u16>,
    /// Postgres.
    pub postgres: Option<u16>,
}

/// Ports of 127.0.0.1 that lead to Postgres: those of [`Proxy`](crate::postgres::Proxy)s. Migrations
/// take the straight way.
#[derive(Debug, Clone, Copy, Default)]
pub struct DatabasePorts {
    /// For the auth servers.
    pub auth: Option<u16>,
    /// For the notes APIs.
    pub notes: Option<u16>,
}

impl StackSettings {
    /// For people: data is kept safe, ports are the usual ones, and each `AUTH_…`, `NOTES_…` and
    /// `RUST_LOG` of this process's environment is passed on, except what the stack decides.
    ///
    /// # Errors
    ///
    /// When the services are not built.
    pub fn for_people(directory: &Path) -> Result<Self> {
        Ok(Self {
            directory: directory.to_owned(),
            binaries: Binaries::beside_this_program()?,
            auth_servers: 1,
            notes_apis: 1,
            site: Site::Copied(checkout_directory()),
            rate_limit: true,
            metrics: true,
            durability: Durability::Durable,
            ports: WantedPorts {
                gateway: Some(8080),
                auth_server: Some(8081),
                notes_api: Some(8082),
                auth_metrics: Some(9081),
                notes_metrics: Some(9082),
                postgres: Some(15432),
            },
            database_ports: DatabasePorts::default(),
            auth_environment: passed_on("AUTH_"),
            notes_environment: passed_on("NOTES_"),
            postgres_environment: Vec::new(),
            postgres_parameters: Vec::new(),
        })
    }

    /// For tests, all of which come from one address: the gateway does not limit it. Data waits for no
    /// disk, any ports will do, and of the environment only `RUST_LOG` is passed on. Builds the services
    /// if they are not fresh ([`Binaries::for_tests`]).
    ///
    /// # Errors
    ///
    /// When they cannot be built.
    pub fn for_tests(directory: &Path) -> Result<Self> {
        Ok(Self {
            directory: directory.to_owned(),
            binaries: Binaries::for_tests()?,
            auth_servers: 1,
            notes_apis: 1,
            site: Site::Copied(checkout_directory()),
            rate_limit: false,
            metrics: false,
            durability: Durability::Throwaway,
            ports: WantedPorts::default(),
            database_ports: DatabasePorts::default(),
            auth_environment: variables(|name| name == "RUST_LOG"),
            notes_environment: variables(|name| name == "RUST_LOG"),
            postgres_environment: Vec::new(),
            postgres_parameters: Vec::new(),
        })
    }

    /// Adds a setting for each auth server.
    pub fn set_auth(&mut self, name: &str, value: &str) {
        self.auth_environment
            .push((name.to_owned(), value.to_owned()));
    }

    /// Adds a setting for each notes API.
    pub fn set_notes(&mut self, name: &str, value: &str) {
        self.notes_environment
            .push((name.to_owned(), value.to_owned()));
    }
}

fn passed_on(prefix: &str) -> Vec<(String, String)> {
    variables(|name| {
        (name.starts_with(prefix) && !DECIDED_HERE.contains(&name)) || name == "RUST_LOG"
    })
}

fn variables(wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| wanted(name))
        .collect()
}
