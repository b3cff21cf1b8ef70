//! Settings of the notes API: each is an environment variable, and this is the only file that reads
//! them. `notes-api --help` lists them all.

use std::{net::SocketAddr, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use service_runtime::{
    database::DatabaseSettings,
    settings::{DatabaseUrl, InvalidSetting, duration, origin},
    telemetry::LogFormat,
};
use shared_claims::{
    Policy,
    remote::{InvalidUrl, KeysConfig, RevocationsConfig},
};

/// Keeps notes, behind access tokens that are verified offline.
///
/// Settings are environment variables; the flags of the same names are for trying things out.
#[derive(Debug, Parser)]
#[command(
    name = "notes-api",
    version,
    subcommand_required = true,
    flatten_help = true
)]
pub struct CommandLine {
    /// How the log is written to standard error; `RUST_LOG` says what of it, info by default.
    #[arg(
        long,
        env = "NOTES_LOG_FORMAT",
        value_name = "NOTES_LOG_FORMAT",
        default_value = "text",
        global = true
    )]
    pub log_format: LogFormat,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until told to stop.
    Serve(Box<ServeSettings>),
    /// Bring the database schema up to date, as its owner.
    Migrate(MigrateSettings),
    /// Ask the server on this machine whether it is live; exit 0 if it is.
    Healthcheck(ListenSettings),
}

/// Where the server listens.
#[derive(Debug, Args)]
pub struct ListenSettings {
    /// Address and port to listen on.
    #[arg(
        long,
        env = "NOTES_LISTEN",
        value_name = "NOTES_LISTEN",
        default_value = "127.0.0.1:8082"
    )]
    pub listen: SocketAddr,
}

/// Which database to migrate.
#[derive(Debug, Args)]
pub struct MigrateSettings {
    /// The database, as postgres://owner:password@host:port/name, with a role that may alter it.
    #[arg(long, env = DATABASE_URL, value_name = DATABASE_URL, hide_env_values = true)]
    database_url: DatabaseUrl,
}

/// The settings of `serve`, as typed.
#[derive(Debug, Args)]
pub struct ServeSettings {
    #[command(flatten)]
    listen: ListenSettings,

    /// The database, as postgres://user:password@host:port/name.
    #[arg(long, env = DATABASE_URL, value_name = DATABASE_URL, hide_env_values = true)]
    database_url: DatabaseUrl,

    /// Database connections at the most.
    #[arg(
        long,
        env = "NOTES_DATABASE_POOL",
        value_name = "NOTES_DATABASE_POOL",
        default_value = "16",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    database_pool: u32,

    /// Whether a database connection keeps its prepared statements: off where PgBouncer stands between and gives
    /// out its connections by the transaction.
    #[arg(
        long,
        env = "NOTES_DATABASE_PREPARE",
        value_name = "NOTES_DATABASE_PREPARE",
        default_value = "on"
    )]
    database_prepare: Switch,

    /// The issuer whose access tokens are accepted: the auth server's public origin, to the letter.
    #[arg(
        long,
        env = "NOTES_ISSUER",
        value_name = "NOTES_ISSUER",
        default_value = "http://localhost:8080",
        value_parser = origin
    )]
    issuer: String,

    /// The name of this service in the `aud` claim of access tokens.
    #[arg(
        long,
        env = "NOTES_AUDIENCE",
        value_name = "NOTES_AUDIENCE",
        default_value = "notes-api",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    audience: String,

    /// Where the issuer's public keys are. [default: /.well-known/jwks.json at the issuer]
    #[arg(long, env = JWKS_URL, value_name = JWKS_URL)]
    jwks_url: Option<String>,

    /// Whether to learn which sessions have ended and which keys were revoked, and to refuse their
    /// tokens at once. Without it, a token is good until it expires.
    #[arg(
        long,
        env = "NOTES_REVOCATIONS",
        value_name = "NOTES_REVOCATIONS",
        default_value = "on"
    )]
    revocations: Switch,

    /// Where the issuer's revocation feed is. [default: revocations.jwt beside the public keys]
    #[arg(long, env = REVOCATIONS_URL, value_name = REVOCATIONS_URL)]
    revocations_url: Option<String>,

    /// How often the feed is asked for, from 100ms to 1m; it counts as down after twice that.
    #[arg(
        long,
        env = "NOTES_REVOCATIONS_POLL",
        value_name = "NOTES_REVOCATIONS_POLL",
        default_value = "5s",
        value_parser = poll_interval
    )]
    revocations_poll: Duration,

    /// Address and port to serve figures for Prometheus on, at /metrics and to anyone who can
    /// connect. Without it, they are not served.
    #[arg(
        long,
        env = "NOTES_METRICS_LISTEN",
        value_name = "NOTES_METRICS_LISTEN"
    )]
    metrics_listen: Option<SocketAddr>,

    /// The name of the cookie that may hold the access token in place of the Authorization header,
    /// such as __Host-access_token. Without it, cookies are not looked at.
    #[arg(
        long,
        env = "NOTES_ACCESS_COOKIE",
        value_name = "NOTES_ACCESS_COOKIE",
        value_parser = cookie_name
    )]
    access_cookie: Option<String>,

    /// Further origins whose pages may call by CORS, and with cookies where those are accepted,
    /// separated by commas.
    #[arg(
        long,
        env = "NOTES_ALLOWED_ORIGINS",
        value_name = "NOTES_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_parser = origin
    )]
    allowed_origins: Vec<String>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// The settings of `serve`, checked and ready for use.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database and its bounds.
    pub database: DatabaseSettings,
    /// Which access tokens are accepted.
    pub token_policy: Policy,
    /// Where the keys that verify them come from.
    pub jwks: KeysConfig,
    /// Where revocations are learned from; `None` where they are not.
    pub revocations: Option<RevocationsConfig>,
    /// Where to serve figures for Prometheus, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The cookie that may hold the access token; `None` where cookies are not looked at.
    pub access_cookie: Option<AccessCookie>,
    /// Origins that may call by CORS: others than the gateway's own.
    pub cors_origins: Vec<String>,
}

/// How an access token may come in a cookie.
#[derive(Clone, Debug)]
pub struct AccessCookie {
    /// The cookie's name.
    pub name: String,
    /// Origins whose pages may change something by it: the gateway's own and those of CORS.
    pub origins: Vec<String>,
}

const DATABASE_URL: &str = "NOTES_DATABASE_URL";
const JWKS_URL: &str = "NOTES_JWKS_URL";
const REVOCATIONS_URL: &str = "NOTES_REVOCATIONS_URL";

impl MigrateSettings {
    /// The database, checked.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`].
    pub fn database_url(self) -> Result<DatabaseUrl, InvalidSetting> {
        self.database_url.check(DATABASE_URL)
    }
}

impl ServeSettings {
    /// Checks what the command line parser cannot.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`], which names the variable and shows nothing of a secret.
    pub fn check(self) -> Result<Config, InvalidSetting> {
        let jwks_url = self
            .jwks_url
            .unwrap_or_else(|| format!("{}/.well-known/jwks.json", self.issuer));
        let jwks = KeysConfig::new(&jwks_url).map_err(refused_url(JWKS_URL, &jwks_url))?;
        let feed = RevocationsConfig::new(&self.issuer)
            .and_then(|feed| feed.beside(&jwks))
            .map_err(refused_url(JWKS_URL, &jwks_url))?
            .with_poll_interval(self.revocations_poll);
        let feed = match self.revocations_url {
            Some(url) => feed
                .with_url(&url)
                .map_err(refused_url(REVOCATIONS_URL, &url))?,
            None => feed,
        };
        let access_cookie = self.access_cookie.map(|name| AccessCookie {
            name,
            origins: [self.issuer.clone()]
                .into_iter()
                .chain(self.allowed_origins.iter().cloned())
                .collect(),
        });
        Ok(Config {
            listen: self.listen.listen,
            database: DatabaseSettings {
                url: self.database_url.check(DATABASE_URL)?,
                pool_size: self.database_pool,
                prepare: self.database_prepare == Switch::On,
                application_name: "notes-api",
            },
            token_policy: Policy::new(self.issuer, self.audience),
            jwks,
            revocations: (self.revocations == Switch::On).then_some(feed),
            metrics_listen: self.metrics_listen,
            access_cookie,
            cors_origins: self.allowed_origins,
        })
    }
}

fn refused_url(name: &'static str, url: &str) -> impl FnOnce(InvalidUrl) -> InvalidSetting {
    const WANTED: &str = "an http or https URL such as http://localhost:8080/.well-known/…, without \
                          user name and password";
    // What stands before an @ may be a password.
    let got = url.rsplit('@').next().unwrap_or_default().to_owned();
    move |InvalidUrl| InvalidSetting::new(name, got, WANTED)
}

/// How often to ask for the revocation feed: often enough to be of use, and no flood.
fn poll_interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if (Duration::from_millis(100)..=Duration::from_secs(60)).contains(&interval) {
        Ok(interval)
    } else {
        Err("expected a length of time from 100ms to 1m".to_owned())
    }
}

/// A cookie's name: a token of RFC 9110 §5.6.2.
fn cookie_name(text: &str) -> Result<String, String> {
    let is_token = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if is_token {
        Ok(text.to_owned())
    } else {
        Err("expected the name of a cookie such as __Host-access_token".to_owned())
    }
}
