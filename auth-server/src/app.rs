//! The server put together: bound, with its state and its background work, ready to run.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    http::header::{self, HeaderName},
    middleware::{Condition, DefaultHeaders, from_fn},
    rt::{task::JoinHandle, time::timeout},
    web,
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use service_runtime::{
    cross_origin,
    database::Database,
    door::{self, Door},
    http::{bounded, input_limits, method_not_allowed, not_found},
    metrics::{MetricsListener, Requests, count_request},
    telemetry::log_request,
};
use shared_claims::{Policy, Verifier, actix::Authenticator};

use crate::{
    clean_up::Cleaner,
    config::Config,
    http::{
        ACCESS_COOKIE, BODY_LIMIT, HttpSettings, RATELIMIT_LIMIT, RATELIMIT_REMAINING,
        RATELIMIT_RESET, routes,
    },
    keys::keeper::{Keeper, Keys},
    metrics,
    revocations::publisher::{PublishedRevocations, Publisher},
    sessions::outcomes::Outcomes,
    state::AuthState,
    throttle::Throttle,
    tokens::access_token::OWN_AUDIENCE,
    users::{hashing_gate::HashingGate, password_hash::PasswordHasher, passwords::Passwords},
};

/// The schema that this binary was built for.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/auth-server");

/// What pages of other origins may read besides the usual.
const EXPOSED_HEADERS: [HeaderName; 5] = [
    header::RETRY_AFTER,
    RATELIMIT_LIMIT,
    RATELIMIT_REMAINING,
    RATELIMIT_RESET,
    HeaderName::from_static("x-request-id"),
];

/// How long a new server keeps connections waiting for its keys and the feed that they sign. Past that it says
/// what is missing.
const PATIENCE: Duration = Duration::from_secs(1);

/// A server that is bound and has not answered yet.
pub struct Application {
    server: Server,
    door: Door,
    addresses: Vec<SocketAddr>,
    revocations: Arc<PublishedRevocations>,
    metrics: Option<MetricsListener>,
    background: [JoinHandle<()>; 3],
}

impl Application {
    /// Binds, and starts to load the keys. A database that is away does not keep it from starting.
    /// Must be called inside actix's runtime.
    ///
    /// # Errors
    ///
    /// The address cannot be bound, or the system gives no threads.
    pub fn build(config: Config) -> io::Result<Self> {
        let (listen, metrics_listen) = (config.listen, config.metrics_listen);
        let cors_origins = config.cors_origins.clone();
        let settings = web::Data::new(HttpSettings {
            cookie_origins: config.cookie_origins.clone(),
            allowed_origins: config.cors_origins.clone(),
            access_cookie: config.access_cookie,
            metadata_max_age: config.key_policy.jwks_max_age,
        });
        let clean_up_policy = config.clean_up_policy;
        let state = web::Data::new(state(config)?);
        let authenticator = web::Data::new(authenticator(&state, &settings));
        let keys = Arc::clone(&state.keys);
        let keeper = Keeper {
            keys: Arc::clone(&keys),
            database: state.database.clone(),
            master_keys: Arc::clone(&state.master_keys),
            rsa_bits: state.rsa_bits,
            policy: state.key_policy,
            migrations: &MIGRATIONS,
        };
        let revocations = Arc::clone(&state.revocations);
        let publisher = Publisher {
            published: Arc::clone(&revocations),
            database: state.database.clone(),
            keys: Arc::clone(&keys),
            issuer: state.access_token_policy.issuer.clone(),
        };
        let cleaner = Cleaner {
            database: state.database.clone(),
            policy: clean_up_policy,
            record: Arc::default(),
        };
        let requests = Requests::default();
        let figures = metrics::of(
            requests.clone(),
            state.clone().into_inner(),
            Arc::clone(&cleaner.record),
        )
        .with_tokens(authenticator.clone());
        let metrics = metrics_listen
            .map(|listen| figures.serve(listen).map_err(cannot_listen(listen)))
            .transpose()?;
        let door = Door::open(listen).map_err(cannot_listen(listen))?;
        let closing = door.closing();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(closing.clone())
                .app_data(requests.of_worker())
                .app_data(state.clone())
                .app_data(settings.clone())
                .app_data(authenticator.clone())
                .configure(input_limits(BODY_LIMIT))
                .configure(routes)
                .default_service(web::to(not_found))
                .wrap(from_fn(method_not_allowed))
                .wrap(Condition::new(
                    !cors_origins.is_empty(),
                    cross_origin::allow(&cors_origins, &EXPOSED_HEADERS, true),
                ))
                .wrap(from_fn(cross_origin::refused_preflight))
                .wrap(
                    DefaultHeaders::new()
                        .add((header::CACHE_CONTROL, "no-store"))
                        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")),
                )
                .wrap(from_fn(door::announce))
                .wrap(from_fn(log_request))
                .wrap(from_fn(count_request))
        });
        let server = bounded(server).disable_signals().listen(door.listener()?)?;
        let addresses = server.addrs();
        Ok(Self {
            server: server.run(),
            door,
            addresses,
            revocations,
            metrics,
            background: [
                actix_web::rt::spawn(keeper.keep()),
                actix_web::rt::spawn(publisher.publish()),
                actix_web::rt::spawn(cleaner.clean()),
            ],
        })
    }

    /// Where it listens; of interest where port 0 was asked for.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where it serves its figures; nowhere unless told to.
    #[must_use]
    pub fn metrics_addresses(&self) -> &[SocketAddr] {
        self.metrics
            .as_ref()
            .map_or(&[], MetricsListener::addresses)
    }

    /// What stops it.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Answers until told to stop by SIGTERM, SIGINT or the handle; then lets what is in flight
    /// finish. Connections that come before the keys are loaded and the feed is signed wait for a
    /// moment, so that a replica which is added to others, or started again, turns nobody away.
    ///
    /// # Errors
    ///
    /// The server fails as a whole.
    pub async fn run(self) -> io::Result<()> {
        let _ = timeout(PATIENCE, self.revocations.wait_until_published()).await;
        let outcome = self.door.serve(self.server).await;
        for task in self.background {
            task.abort();
        }
        outcome
    }
}

fn cannot_listen(address: SocketAddr) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}

fn state(config: Config) -> io::Result<AuthState> {
    let gate = HashingGate::new(config.hashing_cores).map_err(io::Error::other)?;
    let master_keys = Arc::new(config.master_keys);
    if config.throttle_policy.is_none() {
        log::warn!("AUTH_THROTTLE=off: anyone may guess passwords as fast as they like");
    }
    Ok(AuthState {
        database: Database::new(&config.database),
        throttle: Throttle::new(config.throttle_policy, Arc::clone(&master_keys)),
        master_keys,
        rsa_bits: config.rsa_bits,
        key_policy: config.key_policy,
        keys: Arc::new(Keys::new(config.key_policy)),
        revocations: Arc::default(),
        passwords: Passwords::new(gate, PasswordHasher::new(config.bcrypt_cost)),
        access_token_policy: config.access_token_policy,
        session_policy: config.session_policy,
        outcomes: Outcomes::default(),
        trusted_proxies: config.trusted_proxies,
    })
}

/// Verifies access tokens that were issued here, by the same rules as everyone else.
fn authenticator(state: &AuthState, settings: &HttpSettings) -> Authenticator {
    let policy = Policy::new(state.access_token_policy.issuer.clone(), OWN_AUDIENCE);
    let verifier = Verifier::new(policy, state.keys.verification_keys())
        .with_revocations(state.revocations.known());
    let authenticator = Authenticator::new(verifier);
    if settings.access_cookie {
        authenticator.with_access_cookie(ACCESS_COOKIE, settings.cookie_origins.clone())
    } else {
        authenticator
    }
}
