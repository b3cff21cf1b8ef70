//! The gateway: nginx with `docker/gateway/nginx.conf.template`, in a directory of its own. An nginx
//! that serves the machine is not touched.

use std::ffi::OsString;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::account::Account;
use crate::daemon::Daemon;
use crate::installed;
use crate::process::{Program, StopSignal};
use crate::site::{ServedSite, Site};

const TEMPLATE: &str = include_str!("../../docker/gateway/nginx.conf.template");
const TLS_TEMPLATE: &str = include_str!("../../docker/gateway/tls.conf.template");
const TLS_CONFIGURATION: &str = "tls.conf";
/// Above `worker_shutdown_timeout` of the template.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// What the gateway stands in front of, and where.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// The port of 127.0.0.1 to listen on for plain http.
    pub port: u16,
    /// Whether the gateway has TLS itself. Then little is left for plain http to do.
    pub tls: Option<Tls>,
    /// The ports of the auth server's replicas.
    pub auth_servers: Vec<u16>,
    /// The ports of the notes API's replicas.
    pub notes_apis: Vec<u16>,
    /// The site.
    pub site: Site,
    /// Whether notes-api gets the access token's cookie.
    pub access_cookie: bool,
    /// The proxies in front of the gateway, whose word for a client's address is taken.
    pub proxies: Vec<IpAddr>,
    /// Whether one client may have only so many requests. Off for load tests.
    pub rate_limit: bool,
    /// Whether browsers are told to come by https only.
    pub hsts: bool,
    /// For the configuration, the pid and temporary files. Made if there is none.
    pub run_directory: PathBuf,
    /// Where `gateway-access.log` and `gateway-error.log` go.
    pub log_directory: PathBuf,
}

/// TLS at the gateway itself.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The port of 127.0.0.1 to listen on for it.
    pub port: u16,
    /// The origin that people who came by plain http are led to.
    pub origin: String,
    /// The file with the certificate and those that lead to its authority.
    pub certificate: PathBuf,
    /// The file with its private key.
    pub key: PathBuf,
}

/// Writes the configuration, copies the site, and prepares the nginx that runs it.
///
/// # Errors
///
/// When nginx is not installed, there is no site, or a directory cannot be used.
pub fn gateway(settings: &GatewaySettings) -> Result<Daemon> {
    let site = settings
        .site
        .prepare(&settings.run_directory.join("site"))?;
    let configuration = settings.write("nginx.conf", &settings.render(&site)?)?;
    if let Some(tls) = &settings.tls {
        settings.write(TLS_CONFIGURATION, &tls.render(settings.port)?)?;
    }

    let mut directives = String::from("daemon off;");
    if rustix::process::geteuid().is_root() {
        // Else the workers become nobody, who cannot enter a checkout below root's home.
        directives.push_str(" user root;");
    }
    let error_log = settings.log_directory.join("gateway-error.log");
    let program = Program {
        name: "gateway".to_owned(),
        path: installed::program("nginx")?,
        arguments: vec![
            // All that nginx would otherwise look for or write in the places of the system's nginx.
            OsString::from("-p"),
            settings.run_directory.clone().into(),
            OsString::from("-e"),
            error_log.clone().into(),
            OsString::from("-c"),
            configuration.into(),
            OsString::from("-g"),
            directives.into(),
        ],
        environment: Vec::new(),
        account: Account::own(),
        log: error_log,
        stop_signal: StopSignal::Quit,
    };
    Ok(Daemon::new(
        program,
        settings.port,
        "/health/live",
        STOP_TIMEOUT,
    ))
}

impl GatewaySettings {
    fn render(&self, site: &ServedSite) -> Result<String> {
        let log = |name: &str| quotable(&self.log_directory.join(name));
        let (listen, include) = match &self.tls {
            None => (format!("127.0.0.1:{}", self.port), String::new()),
            Some(tls) => (
                format!("127.0.0.1:{} ssl http2", tls.port),
                format!(
                    "include \"{}\";",
                    quotable(&self.run_directory.join(TLS_CONFIGURATION))?
                ),
            ),
        };
        render(
            TEMPLATE,
            &[
                ("LATCHKEY_LISTEN", listen),
                ("LATCHKEY_TLS", include),
                ("LATCHKEY_AUTH_SERVERS", servers(&self.auth_servers)),
                ("LATCHKEY_NOTES_SERVERS", servers(&self.notes_apis)),
                ("LATCHKEY_SITE", quotable(&site.directory)?),
                ("LATCHKEY_SITE_VERSION", site.version.clone()),
                ("LATCHKEY_ACCESS_COOKIE", on_or_off(self.access_cookie)),
                ("LATCHKEY_PROXIES", trusted(&self.proxies)),
                ("LATCHKEY_RATE_LIMIT", on_or_off(self.rate_limit)),
                ("LATCHKEY_HSTS", on_or_off(self.hsts)),
                ("LATCHKEY_RUN_DIR", quotable(&self.run_directory)?),
                ("LATCHKEY_ACCESS_LOG", log("gateway-access.log")?),
                ("LATCHKEY_ERROR_LOG", log("gateway-error.log")?),
            ],
        )
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.run_directory.join(name);
        fs::create_dir_all(&self.run_directory)
            .and_then(|()| fs::write(&file, text))
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }
}

impl Tls {
    fn render(&self, plain_port: u16) -> Result<String> {
        render(
            TLS_TEMPLATE,
            &[
                ("LATCHKEY_PLAIN_LISTEN", format!("127.0.0.1:{plain_port}")),
                ("LATCHKEY_ORIGIN", self.origin.clone()),
                ("LATCHKEY_CERTIFICATE", quotable(&self.certificate)?),
                ("LATCHKEY_CERTIFICATE_KEY", quotable(&self.key)?),
            ],
        )
    }
}

/// No replica is ever set aside (`max_fails=0`): on this machine a dead one refuses at once, which costs
/// nothing, whereas nginx answers 502 by itself while it thinks ill of all of them.
fn servers(ports: &[u16]) -> String {
    ports
        .iter()
        .map(|port| format!("server 127.0.0.1:{port} max_fails=0;"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn trusted(proxies: &[IpAddr]) -> String {
    proxies
        .iter()
        .map(|address| format!("set_real_ip_from {address};"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn on_or_off(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

/// Fills a template's placeholders in, as envsubst does for the image. nginx's own `$variables`
/// have no braces and stay.
fn render(template: &str, values: &[(&str, String)]) -> Result<String> {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    match text.split_once("${") {
        None => Ok(text),
        Some((_, rest)) => bail!(
            "no value for ${{{}",
            rest.lines().next().unwrap_or_default()
        ),
    }
}

/// A path that means itself between quotes in nginx's configuration.
fn quotable(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))?;
    if text.contains(['"', '\\', '$', '\n']) {
        bail!("nginx cannot use a directory with one of \" \\ $ in its name: {text}");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> GatewaySettings {
        GatewaySettings {
            port: 8080,
            tls: None,
            auth_servers: vec![8081, 20_001],
            notes_apis: vec![8082],
            site: Site::Live(PathBuf::from("/somewhere/web")),
            access_cookie: false,
            proxies: Vec::new(),
            rate_limit: true,
            hsts: false,
            run_directory: PathBuf::from("/somewhere/with a space/run"),
            log_directory: PathBuf::from("/somewhere/log"),
        }
    }

    fn site() -> ServedSite {
        ServedSite {
            directory: PathBuf::from("/somewhere/web"),
            version: "live".to_owned(),
        }
    }

    #[test]
    fn every_replica_becomes_a_server_and_every_variable_of_nginx_survives() {
        let text = settings().render(&site()).unwrap();
        assert!(text.contains("server 127.0.0.1:8081 max_fails=0; server 127.0.0.1:20001"));
        assert!(text.contains("listen 127.0.0.1:8080 default_server sndbuf=256k;"));
        assert!(text.contains("pid \"/somewhere/with a space/run/nginx.pid\";"));
        assert!(text.contains("X-Forwarded-For $remote_addr;"));
        assert!(!text.contains("${"));
    }

    #[test]
    fn a_placeholder_without_a_value_is_an_error() {
        let error = render(TEMPLATE, &[]).unwrap_err().to_string();
        assert!(error.starts_with("no value for ${LATCHKEY_"), "{error}");
    }

    #[test]
    fn a_path_that_nginx_would_read_otherwise_is_refused() {
        for name in ["a\"b", "a$b", "a\\b", "a\nb"] {
            let settings = GatewaySettings {
                run_directory: PathBuf::from(name),
                ..settings()
            };
            assert!(settings.render(&site()).is_err(), "{name}");
        }
    }
}
