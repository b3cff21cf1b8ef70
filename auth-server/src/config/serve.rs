//! The settings of `serve`.

use std::{net::SocketAddr, num::NonZeroUsize, time::Duration};

use clap::Args;
use ipnet::IpNet;
use service_runtime::{
    client_address::TrustedProxies,
    database::DatabaseSettings,
    settings::{InvalidSetting, duration, origin},
};
use shared_claims::Scopes;

use super::{
    CleanUpSettings, KeySettings, ListenSettings, MetricsSettings, PasswordSettings,
    ServiceDatabase, Switch, ThrottleSettings, within,
};
use crate::{
    clean_up::CleanUpPolicy,
    keys::{life::KeyPolicy, master_key::MasterKeys, signing_key::RsaBits},
    sessions::policy::SessionPolicy,
    throttle::policy::ThrottlePolicy,
    tokens::{
        access_token::{AccessTokenPolicy, OWN_AUDIENCE},
        scope::ADMIN_SCOPE,
    },
};

/// The settings of `serve`, as typed.
#[derive(Debug, Args)]
pub struct ServeSettings {
    #[command(flatten)]
    listen: ListenSettings,

    #[command(flatten)]
    metrics: MetricsSettings,

    #[command(flatten)]
    service_database: ServiceDatabase,

    #[command(flatten)]
    keys: KeySettings,

    #[command(flatten)]
    throttle: ThrottleSettings,

    /// Database connections at the most.
    #[arg(
        long,
        env = "AUTH_DATABASE_POOL",
        value_name = "AUTH_DATABASE_POOL",
        default_value = "16",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    database_pool: u32,

    /// Whether a database connection keeps its prepared statements: off where PgBouncer stands between and gives
    /// out its connections by the transaction.
    #[arg(
        long,
        env = "AUTH_DATABASE_PREPARE",
        value_name = "AUTH_DATABASE_PREPARE",
        default_value = "on"
    )]
    database_prepare: Switch,

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

    #[command(flatten)]
    clean_up: CleanUpSettings,

    /// How many sessions a person has at once, at the most: 1 to 1000. A login beyond that ends the one that
    /// was not used for the longest time.
    #[arg(
        long,
        env = "AUTH_SESSIONS_PER_PERSON",
        value_name = "AUTH_SESSIONS_PER_PERSON",
        default_value = "100",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    sessions_per_person: u32,

    #[command(flatten)]
    passwords: PasswordSettings,

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
    /// Where to serve figures for Prometheus, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The database and its bounds.
    pub database: DatabaseSettings,
    /// What seals, and authenticates refresh tokens.
    pub master_keys: MasterKeys,
    /// What goes into access tokens.
    pub access_token_policy: AccessTokenPolicy,
    /// How long sessions live.
    pub session_policy: SessionPolicy,
    /// The intervals of a signing key's life.
    pub key_policy: KeyPolicy,
    /// Size of new signing keys.
    pub rsa_bits: RsaBits,
    /// How long ended sessions, and events, are kept.
    pub clean_up_policy: CleanUpPolicy,
    /// Cost of bcrypt.
    pub bcrypt_cost: u32,
    /// How many passwords are hashed at once.
    pub hashing_cores: NonZeroUsize,
    /// How often someone may guess; `None` for as often as they like.
    pub throttle_policy: Option<ThrottlePolicy>,
    /// Whether access tokens also go into a cookie.
    pub access_cookie: bool,
    /// Origins that may call by CORS: others than the server's own.
    pub cors_origins: Vec<String>,
    /// Origins whose pages may use cookies: the server's own and those of CORS.
    pub cookie_origins: Vec<String>,
    /// Whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
}

const REFRESH_GRACE: &str = "AUTH_REFRESH_GRACE";
const SESSION_IDLE: &str = "AUTH_SESSION_IDLE";
const SESSION_ABSOLUTE: &str = "AUTH_SESSION_ABSOLUTE";

impl ServeSettings {
    /// Checks what the command line parser cannot.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`], which names the variable and shows nothing of a secret.
    pub fn check(self) -> Result<Config, InvalidSetting> {
        let master_keys = self.keys.master_keys()?;
        let key_policy = self.keys.policy()?;
        let second = Duration::from_secs(1);
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
            per_person: self.sessions_per_person,
        };
        if session_policy.grace >= session_policy.idle.min(session_policy.absolute) {
            let got = format!("{:?}", session_policy.grace);
            let wants = "less than AUTH_SESSION_IDLE and AUTH_SESSION_ABSOLUTE";
            return Err(InvalidSetting::new(REFRESH_GRACE, got, wants));
        }
        let scope = Scopes::parse(self.scope.as_str()).map_err(|error| {
            InvalidSetting::new("AUTH_SCOPE", self.scope.as_str(), error.to_string())
        })?;
        if scope.contains(ADMIN_SCOPE) {
            let wants =
                "what everyone's tokens permit: auth:admin is for administrators, who ask for it";
            return Err(InvalidSetting::new("AUTH_SCOPE", self.scope, wants));
        }
        let mut audiences = vec![OWN_AUDIENCE.to_owned()];
        let named = self.audiences.iter().map(|name| name.trim().to_owned());
        audiences.extend(named.filter(|name| !name.is_empty()));
        let mut cookie_origins = vec![self.issuer.clone()];
        cookie_origins.extend(self.allowed_origins.iter().cloned());
        Ok(Config {
            listen: self.listen.listen,
            metrics_listen: self.metrics.metrics_listen,
            database: DatabaseSettings {
                url: self.service_database.url()?,
                pool_size: self.database_pool,
                prepare: self.database_prepare == Switch::On,
                application_name: "auth-server",
            },
            master_keys,
            access_token_policy: AccessTokenPolicy {
                issuer: self.issuer,
                audiences,
                scope,
                lifetime_seconds: key_policy.token_lifetime.as_secs().cast_signed(),
            },
            session_policy,
            key_policy,
            rsa_bits: self.keys.rsa_bits(),
            clean_up_policy: self.clean_up.policy(self.throttle.memory())?,
            bcrypt_cost: self.passwords.bcrypt_cost,
            hashing_cores: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            throttle_policy: self.throttle.policy()?,
            access_cookie: self.access_cookie,
            cors_origins: self.allowed_origins,
            cookie_origins,
            trusted_proxies: TrustedProxies::new(self.trusted_proxies),
        })
    }
}
