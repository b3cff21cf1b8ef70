//! The server put together: bound, with its state and its background work, ready to run.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    http::header,
    middleware::{Condition, DefaultHeaders, from_fn},
    web,
};
use service_runtime::{
    cross_origin,
    database::Database,
    http::{bounded, input_limits, method_not_allowed, not_found},
    telemetry::log_request,
};
use shared_claims::{
    Policy, Verifier,
    actix::Authenticator,
    remote::{RemoteKeys, StartError},
};
use tokio::time::timeout;

use crate::{
    config::{AccessCookie, Config},
    http::{BODY_LIMIT, EXPOSED_HEADERS, routes},
    state::NotesState,
};

/// How long a new server keeps connections waiting for its keys. Past that it says what is missing.
const PATIENCE_FOR_KEYS: Duration = Duration::from_secs(1);

/// A server that is bound and has not answered yet.
pub struct Application {
    server: Server,
    addresses: Vec<SocketAddr>,
    state: web::Data<NotesState>,
}

/// Why a server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The address cannot be bound.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The issuer's keys cannot be fetched, now or later.
    #[error(transparent)]
    Keys(#[from] StartError),
}

impl Application {
    /// Binds, and starts to fetch the issuer's keys. Neither a database nor an issuer that is away
    /// keeps it from starting. Must be called inside actix's runtime.
    ///
    /// # Errors
    ///
    /// A [`BuildError`].
    pub fn build(config: Config) -> Result<Self, BuildError> {
        let listen = config.listen;
        let cors_origins = config.cors_origins;
        let with_cookies = config.access_cookie.is_some();
        let keys = RemoteKeys::start(&config.jwks)?;
        let authenticator = authenticator(config.token_policy, &keys, config.access_cookie);
        let authenticator = web::Data::new(authenticator);
        let state = web::Data::new(NotesState {
            database: Database::new(&config.database),
            keys,
        });
        let shared = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(authenticator.clone())
                .configure(input_limits(BODY_LIMIT))
                .configure(routes)
                .default_service(web::to(not_found))
                .wrap(from_fn(method_not_allowed))
                .wrap(Condition::new(
                    !cors_origins.is_empty(),
                    cross_origin::allow(&cors_origins, &EXPOSED_HEADERS, with_cookies),
                ))
                .wrap(from_fn(cross_origin::refused_preflight))
                .wrap(
                    DefaultHeaders::new()
                        .add((header::CACHE_CONTROL, "no-store"))
                        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")),
                )
                .wrap(from_fn(log_request))
        });
        let server = bounded(server)
            .bind(listen)
            .map_err(|error| BuildError::Listen(listen, error))?;
        let addresses = server.addrs();
        Ok(Self {
            server: server.run(),
            addresses,
            state,
        })
    }

    /// Where it listens; of interest where port 0 was asked for.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What its requests have at hand; of interest to whoever waits for the keys to arrive.
    #[must_use]
    pub fn state(&self) -> web::Data<NotesState> {
        self.state.clone()
    }

    /// What stops it.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Answers until told to stop by SIGTERM, SIGINT or the handle; then lets what is in flight
    /// finish. Connections that come before the keys are there wait for a moment, so that a replica
    /// which is added to others, or started again, turns nobody away.
    ///
    /// # Errors
    ///
    /// The server fails as a whole.
    pub async fn run(self) -> io::Result<()> {
        let _ = timeout(PATIENCE_FOR_KEYS, self.state.keys.wait_until_ready()).await;
        self.server.await
    }
}

fn authenticator(
    policy: Policy,
    keys: &Arc<RemoteKeys>,
    access_cookie: Option<AccessCookie>,
) -> Authenticator {
    let authenticator = Authenticator::new(Verifier::new(policy, Arc::<RemoteKeys>::clone(keys)));
    match access_cookie {
        Some(AccessCookie { name, origins }) => authenticator.with_access_cookie(name, origins),
        None => authenticator,
    }
}
