//! Settings of the auth server: each is an environment variable, and this is the only file that
//! reads them. `auth-server --help` lists them all.

use std::{fs, net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use service_runtime::{
    client_address::TrustedProxies,
    database::DatabaseSettings,
    settings::{DatabaseUrl, InvalidSetting, duration, origin},
};
use shared_claims::Scopes;
use zeroize::Zeroizing;

use crate::{
    keys::{master_key::MasterKeys, signing_key::RsaBits},
    sessions::policy::SessionPolicy,
    tokens::access_token::{AccessTokenPolicy, OWN_AUDIENCE},
};

/// Signs people in, issues access tokens and manages sessions.
///
/// Settings are environment variables; the flags of the same names are for trying things out.
/// Lengths of time are written 200ms, 30s, 15m, 12h or 90d; a bare number is seconds.
#[derive(Debug, Parser)]
#[command(
    name = "auth-server",
    version,
    subcommand_required = true,
    flatten_help = true
)]
pub struct CommandLine {
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
        env = "AUTH_LISTEN",
        value_name = "AUTH_LISTEN",
        default_value = "127.0.0.1:8081"
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
        env = "AUTH_DATABASE_POOL",
        value_name = "AUTH_DATABASE_POOL",
        default_value = "16",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    database_pool: u32,

    /// The public origin: the issuer of access tokens, and the site whose pages may use the refresh
    /// cookie.
    #[arg(
        long,
        env = "AUTH_ISSUER",
        value_name = "AUTH_ISSUER",
        default_value = "http://localhost:8080",
        value_parser = origin
    )]
    issuer: String,

    /// The resource servers that access tokens are for, separated by commas.
    #[arg(
        long,
        env = "AUTH_AUDIENCES",
        value_name = "AUTH_AUDIENCES",
        default_value = "notes-api",
        value_delimiter = ','
    )]
    audiences: Vec<String>,

    /// What access tokens permit, separated by spaces.
    #[arg(
        long,
        env = "AUTH_SCOPE",
        value_name = "AUTH_SCOPE",
        default_value = "notes:read notes:write"
    )]
    scope: String,

    /// Master keys, 32 bytes each in base64, separated by commas: the first seals and signs, the
    /// others are still accepted. Make one with: openssl rand -base64 32
    #[arg(long, env = MASTER_KEYS, value_name = MASTER_KEYS, hide_env_values = true)]
    master_keys: Option<SecretText>,

    /// A file that holds the master keys, in place of the variable.
    #[arg(
        long,
        env = "AUTH_MASTER_KEYS_FILE",
        value_name = "AUTH_MASTER_KEYS_FILE",
        conflicts_with = "master_keys"
    )]
    master_keys_file: Option<PathBuf>,

    /// How long an access token is good for: 1s to 1h.
    #[arg(
        long,
        env = ACCESS_TOKEN_TTL,
        value_name = ACCESS_TOKEN_TTL,
        default_value = "15m",
        value_parser = duration
    )]
    access_token_ttl: Duration,

    /// The grace window: how long a superseded refresh token is answered with its successor. 0 for
    /// none.
    #[arg(
        long,
        env = REFRESH_GRACE,
        value_name = REFRESH_GRACE,
        default_value = "30s",
        value_parser = duration
    )]
    refresh_grace: Duration,

    /// How long a session lives without being refreshed.
    #[arg(
        long,
        env = SESSION_IDLE,
        value_name = SESSION_IDLE,
        default_value = "7d",
        value_parser = duration
    )]
    session_idle: Duration,

    /// How long a session lives at the most.
    #[arg(
        long,
        env = SESSION_ABSOLUTE,
        value_name = SESSION_ABSOLUTE,
        default_value = "30d",
        value_parser = duration
    )]
    session_absolute: Duration,

    /// How long others may keep the published keys before they look again.
    #[arg(
        long,
        env = JWKS_MAX_AGE,
        value_name = JWKS_MAX_AGE,
        default_value = "5m",
        value_parser = duration
    )]
    jwks_max_age: Duration,

    /// Size of the first signing key in bits: 2048, 3072 or 4096.
    #[arg(
        long,
        env = "AUTH_RSA_BITS",
        value_name = "AUTH_RSA_BITS",
        default_value = "2048",
        value_parser = rsa_bits
    )]
    rsa_bits: RsaBits,

    /// Cost of bcrypt, the base-2 logarithm of its rounds: 10 to 16.
    #[arg(
        long,
        env = "AUTH_BCRYPT_COST",
        value_name = "AUTH_BCRYPT_COST",
        default_value = "12",
        value_parser = clap::value_parser!(u32).range(10..=16)
    )]
    bcrypt_cost: u32,

    /// Whether to set the access token as an HttpOnly cookie too, for clients that keep both tokens
    /// in cookies: true or false.
    #[arg(
        long,
        env = "AUTH_ACCESS_COOKIE",
        value_name = "AUTH_ACCESS_COOKIE",
        default_value = "false",
        action = clap::ArgAction::Set
    )]
    access_cookie: bool,

    /// Further origins whose pages may call with cookies and by CORS, separated by commas.
    #[arg(
        long,
        env = "AUTH_ALLOWED_ORIGINS",
        value_name = "AUTH_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_parser = origin
    )]
    allowed_origins: Vec<String>,

    /// Networks of the proxies whose X-Forwarded-For is believed, separated by commas.
    #[arg(
        long,
        env = "AUTH_TRUSTED_PROXIES",
        value_name = "AUTH_TRUSTED_PROXIES",
        default_value = "127.0.0.0/8,::1/128",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<IpNet>,
}

/// The settings of `serve`, checked and ready for use.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database and its bounds.
    pub database: DatabaseSettings,
    /// What seals, and authenticates refresh tokens.
    pub master_keys: MasterKeys,
    /// What goes into access tokens.
    pub access_token_policy: AccessTokenPolicy,
    /// How long sessions live.
    pub session_policy: SessionPolicy,
    /// `max-age` of the published keys.
    pub jwks_max_age: Duration,
    /// Size of the first signing key.
    pub rsa_bits: RsaBits,
    /// Cost of bcrypt.
    pub bcrypt_cost: u32,
    /// How many passwords are hashed at once.
    pub hashing_cores: NonZeroUsize,
    /// Whether access tokens also go into a cookie.
    pub access_cookie: bool,
    /// Origins that may call by CORS: others than the server's own.
    pub cors_origins: Vec<String>,
    /// Origins whose pages may use cookies: the server's own and those of CORS.
    pub cookie_origins: Vec<String>,
    /// Whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
}

const DATABASE_URL: &str = "AUTH_DATABASE_URL";
const MASTER_KEYS: &str = "AUTH_MASTER_KEYS";
const ACCESS_TOKEN_TTL: &str = "AUTH_ACCESS_TOKEN_TTL";
const REFRESH_GRACE: &str = "AUTH_REFRESH_GRACE";
const SESSION_IDLE: &str = "AUTH_SESSION_IDLE";
const SESSION_ABSOLUTE: &str = "AUTH_SESSION_ABSOLUTE";
const JWKS_MAX_AGE: &str = "AUTH_JWKS_MAX_AGE";

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
        let master_keys = self.read_master_keys()?;
        let second = Duration::from_secs(1);
        let lifetime = self.access_token_ttl;
        within(ACCESS_TOKEN_TTL, lifetime, second, Duration::from_hours(1))?;
        within(
            JWKS_MAX_AGE,
            self.jwks_max_age,
            second,
            Duration::from_hours(24),
        )?;
        within(SESSION_IDLE, self.session_idle, second, Duration::MAX)?;
        within(
            SESSION_ABSOLUTE,
            self.session_absolute,
            second,
            Duration::MAX,
        )?;
        let session_policy = SessionPolicy {
            grace: self.refresh_grace,
            idle: self.session_idle,
            absolute: self.session_absolute,
        };
        if session_policy.grace >= session_policy.idle.min(session_policy.absolute) {
            let got = format!("{:?}", session_policy.grace);
            let wants = "less than AUTH_SESSION_IDLE and AUTH_SESSION_ABSOLUTE";
            return Err(InvalidSetting::new(REFRESH_GRACE, got, wants));
        }
        let scope = Scopes::parse(self.scope.as_str()).map_err(|error| {
            InvalidSetting::new("AUTH_SCOPE", self.scope.as_str(), error.to_string())
        })?;
        let mut audiences = vec![OWN_AUDIENCE.to_owned()];
        let named = self.audiences.iter().map(|name| name.trim().to_owned());
        audiences.extend(named.filter(|name| !name.is_empty()));
        let mut cookie_origins = vec![self.issuer.clone()];
        cookie_origins.extend(self.allowed_origins.iter().cloned());
        Ok(Config {
            listen: self.listen.listen,
            database: DatabaseSettings {
                url: self.database_url.check(DATABASE_URL)?,
                pool_size: self.database_pool,
                application_name: "auth-server",
            },
            master_keys,
            access_token_policy: AccessTokenPolicy {
                issuer: self.issuer,
                audiences,
                scope,
                lifetime_seconds: lifetime.as_secs().cast_signed(),
            },
            session_policy,
            jwks_max_age: self.jwks_max_age,
            rsa_bits: self.rsa_bits,
            bcrypt_cost: self.bcrypt_cost,
            hashing_cores: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            access_cookie: self.access_cookie,
            cors_origins: self.allowed_origins,
            cookie_origins,
            trusted_proxies: TrustedProxies::new(self.trusted_proxies),
        })
    }

    fn read_master_keys(&self) -> Result<MasterKeys, InvalidSetting> {
        const WANTS: &str = "keys of 32 bytes in base64, separated by commas; make one with: openssl rand -base64 32";
        let text = match (&self.master_keys, &self.master_keys_file) {
            (Some(text), _) => Zeroizing::new(text.0.expose_secret().to_owned()),
            (None, Some(path)) => Zeroizing::new(fs::read_to_string(path).map_err(|error| {
                let got = format!("{}: {error}", path.display());
                InvalidSetting::new("AUTH_MASTER_KEYS_FILE", got, "a readable file")
            })?),
            (None, None) => return Err(InvalidSetting::new(MASTER_KEYS, "nothing", WANTS)),
        };
        MasterKeys::parse(text.trim())
            .map_err(|error| InvalidSetting::new(MASTER_KEYS, error.to_string(), WANTS))
    }
}

/// Refuses a length of time that would make the server do what nobody means.
fn within(
    name: &'static str,
    got: Duration,
    least: Duration,
    most: Duration,
) -> Result<(), InvalidSetting> {
    if (least..=most).contains(&got) {
        return Ok(());
    }
    let wants = match most {
        Duration::MAX => format!("{least:?} or more"),
        _ => format!("{least:?} to {most:?}"),
    };
    Err(InvalidSetting::new(name, format!("{got:?}"), wants))
}

/// A secret as typed: it parses whatever it holds, so that the parser never prints it.
#[derive(Clone, Debug)]
struct SecretText(SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

fn rsa_bits(text: &str) -> Result<RsaBits, String> {
    match text {
        "2048" => Ok(RsaBits::Rsa2048),
        "3072" => Ok(RsaBits::Rsa3072),
        "4096" => Ok(RsaBits::Rsa4096),
        _ => Err("expected 2048, 3072 or 4096".to_owned()),
    }
}
