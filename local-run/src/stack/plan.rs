//! From settings to programs: who listens where, with which environment, in which directory.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::StackSettings;
use crate::account::Account;
use crate::daemon::Daemon;
use crate::gateway::{GatewaySettings, gateway};
use crate::postgres::{ClusterSettings, Server, Service};
use crate::process::{Program, StopSignal};
use crate::{port, secret};

/// Above the services' own limit for finishing requests.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const MIGRATION_TIMEOUT: Duration = Duration::from_mins(2);

/// The ports of one attempt to start.
#[derive(Debug)]
pub(super) struct ChosenPorts {
    gateway: u16,
    auth_servers: Vec<u16>,
    notes_apis: Vec<u16>,
    /// None at all where no figures are served.
    auth_metrics: Vec<u16>,
    notes_metrics: Vec<u16>,
}

/// The directories of a stack.
#[derive(Debug)]
pub(super) struct Layout {
    postgres: PathBuf,
    gateway: PathBuf,
    log: PathBuf,
    master_keys: PathBuf,
}

/// All that the programs' settings follow from.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) settings: &'a StackSettings,
    pub(super) layout: &'a Layout,
    pub(super) ports: &'a ChosenPorts,
    pub(super) server: &'a Server,
}

/// Browsers and curl keep `Secure` cookies for `localhost` without TLS; for other names they do not.
pub(super) fn origin(gateway_port: u16) -> String {
    format!("http://localhost:{gateway_port}")
}

impl ChosenPorts {
    pub(super) fn choose(settings: &StackSettings) -> Result<Self> {
        let replicas = |count, first: Option<u16>| {
            (0..count)
                .map(|index| port::wanted_or_free(first.filter(|_| index == 0)))
                .collect::<std::io::Result<Vec<u16>>>()
        };
        let serving = |count| if settings.metrics { count } else { 0 };
        Ok(Self {
            gateway: port::wanted_or_free(settings.ports.gateway)?,
            auth_servers: replicas(settings.auth_servers, settings.ports.auth_server)?,
            notes_apis: replicas(settings.notes_apis, settings.ports.notes_api)?,
            auth_metrics: replicas(serving(settings.auth_servers), settings.ports.auth_metrics)?,
            notes_metrics: replicas(serving(settings.notes_apis), settings.ports.notes_metrics)?,
        })
    }

    /// Whether nobody else has one of them.
    pub(super) fn are_free(&self) -> bool {
        let mut ports = self
            .auth_servers
            .iter()
            .chain(&self.notes_apis)
            .chain(&self.auth_metrics)
            .chain(&self.notes_metrics)
            .chain([&self.gateway])
            .copied();
        ports.all(port::is_free)
    }
}

impl Layout {
    pub(super) fn make(directory: &Path) -> Result<Self> {
        let make = |path: &Path, mode: u32| {
            fs::create_dir_all(path)
                .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
                .and_then(|()| fs::canonicalize(path))
                .with_context(|| format!("cannot use {}", path.display()))
        };
        let secrets = make(&directory.join("secrets"), 0o700)?;
        let master_keys = secrets.join("master-keys");
        secret::kept(&master_keys, secret::master_key)?;
        Ok(Self {
            log: make(&directory.join("log"), 0o755)?,
            gateway: make(&directory.join("gateway"), 0o700)?,
            postgres: directory.join("postgres"),
            master_keys,
        })
    }

    pub(super) fn cluster(&self, settings: &StackSettings) -> ClusterSettings {
        ClusterSettings {
            directory: self.postgres.clone(),
            log: self.log.join("postgres.log"),
            durability: settings.durability,
            wanted_port: settings.ports.postgres,
            environment: settings.postgres_environment.clone(),
            parameters: settings.postgres_parameters.clone(),
        }
    }
}

impl Plan<'_> {
    /// Migrates the service's database, as the role that owns the schema.
    pub(super) fn migrate(&self, service: Service) -> Result<()> {
        let url = self.server.owner_url(service, service.database());
        let mut program = self.program(
            service,
            &format!("{}-migrate", binary(service)),
            &url,
            0,
            None,
        );
        program.arguments = vec!["migrate".into()];
        program.start()?.finish(MIGRATION_TIMEOUT)
    }

    /// The service's replicas, not yet started.
    pub(super) fn replicas(&self, service: Service) -> Vec<Daemon> {
        let (ports, metrics_ports, proxy) = match service {
            Service::Auth => (
                &self.ports.auth_servers,
                &self.ports.auth_metrics,
                self.settings.database_ports.auth,
            ),
            Service::Notes => (
                &self.ports.notes_apis,
                &self.ports.notes_metrics,
                self.settings.database_ports.notes,
            ),
        };
        let server = proxy.map_or_else(|| self.server.clone(), |port| self.server.through(port));
        let url = server.service_url(service, service.database());
        let replica = |(index, port): (usize, &u16)| {
            let name = format!("{}-{}", binary(service), index + 1);
            let metrics_port = metrics_ports.get(index).copied();
            let program = self.program(service, &name, &url, *port, metrics_port);
            Daemon::new(program, *port, "/health/ready", STOP_TIMEOUT).with_metrics(metrics_port)
        };
        ports.iter().enumerate().map(replica).collect()
    }

    /// The gateway, not yet started.
    pub(super) fn gateway(&self) -> Result<Daemon> {
        let settings = &self.settings;
        // The last one counts, as in the environment.
        let is_set = |name: &str, value: &str| {
            let mut latest = settings.auth_environment.iter().rev();
            latest
                .find(|(set, _)| set == name)
                .is_some_and(|(_, found)| found == value)
        };
        gateway(&GatewaySettings {
            port: self.ports.gateway,
            auth_servers: self.ports.auth_servers.clone(),
            notes_apis: self.ports.notes_apis.clone(),
            site: settings.site.clone(),
            access_cookie: is_set("AUTH_ACCESS_COOKIE", "true"),
            proxies: Vec::new(),
            // Who loads the services without limit wants none in front of them.
            rate_limit: settings.rate_limit && !is_set("AUTH_THROTTLE", "off"),
            // It is plain http.
            hsts: false,
            tls: None,
            run_directory: self.layout.gateway.clone(),
            log_directory: self.layout.log.clone(),
        })
    }

    fn program(
        &self,
        service: Service,
        name: &str,
        database_url: &str,
        port: u16,
        metrics_port: Option<u16>,
    ) -> Program {
        let issuer = origin(self.ports.gateway);
        let listen = format!("127.0.0.1:{port}");
        let mut environment: Vec<(String, String)> = match service {
            Service::Auth => vec![
                ("AUTH_LISTEN", listen),
                ("AUTH_DATABASE_URL", database_url.to_owned()),
                ("AUTH_ISSUER", issuer),
                (
                    "AUTH_MASTER_KEYS_FILE",
                    self.layout.master_keys.display().to_string(),
                ),
            ],
            Service::Notes => vec![
                ("NOTES_LISTEN", listen),
                ("NOTES_DATABASE_URL", database_url.to_owned()),
                ("NOTES_ISSUER", issuer),
            ],
        }
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        if let Some(port) = metrics_port {
            let name = match service {
                Service::Auth => "AUTH_METRICS_LISTEN",
                Service::Notes => "NOTES_METRICS_LISTEN",
            };
            environment.push((name.to_owned(), format!("127.0.0.1:{port}")));
        }
        environment.extend_from_slice(match service {
            Service::Auth => &self.settings.auth_environment,
            Service::Notes => &self.settings.notes_environment,
        });
        Program {
            name: name.to_owned(),
            path: self.settings.binaries.path(binary(service)),
            arguments: vec!["serve".into()],
            environment,
            account: Account::own(),
            log: self.layout.log.join(format!("{name}.log")),
            stop_signal: StopSignal::Terminate,
        }
    }
}

fn binary(service: Service) -> &'static str {
    match service {
        Service::Auth => "auth-server",
        Service::Notes => "notes-api",
    }
}
