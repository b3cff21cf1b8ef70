//! The server put together: bound, with its state and its background work, ready to run.

use std::{io, net::SocketAddr, time::Duration};

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
    door::{self, Door},
    http::{bounded, input_limits, method_not_allowed, not_found},
    metrics::{MetricsListener, Requests, count_request},
    telemetry::log_request,
};
use shared_claims::{
    Verifier,
    actix::Authenticator,
    remote::{RemoteKeys, RemoteRevocations, StartError},
};
use tokio::time::timeout;

use crate::{
    config::{AccessCookie, Config},
    http::{BODY_LIMIT, EXPOSED_HEADERS, IDEMPOTENCY_KEY, routes},
    metrics,
    state::NotesState,
};

/// How long a new server keeps connections waiting for the issuer. Past that it says what is
/// missing.
const PATIENCE_FOR_ISSUER: Duration = Duration::from_secs(1);

/// A server that is bound and has not answered yet.
pub struct Application {
    server: Server,
    door: Door,
    addresses: Vec<SocketAddr>,
    state: web::Data<NotesState>,
    metrics: Option<MetricsListener>,
}

/// Why a server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The address cannot be bound.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The issuer cannot be asked for anything, now or later.
    #[error(transparent)]
    Issuer(#[from] StartError),
}

impl Application {
    /// Binds, and starts to ask the issuer for its keys and revocations. Neither a database nor an
    /// issuer that is away keeps it from starting. Must be called inside actix's runtime.
    ///
    /// # Errors
    ///
    /// A [`BuildError`].
    pub fn build(config: Config) -> Result<Self, BuildError> {
        let listen = config.listen;
        let cors_origins = config.cors_origins;
        let with_cookies = config.access_cookie.is_some();
        let cannot_listen = |address| move |error| BuildError::Listen(address, error);
        let keys = RemoteKeys::start(&config.jwks)?;
        let revocations = config
            .revocations
            .map(|feed| RemoteRevocations::start(&feed, keys.clone()))
            .transpose()?;
        let mut verifier = Verifier::new(config.token_policy, keys.clone());
        if let Some(revocations) = revocations.clone() {
            verifier = verifier.with_revocations(revocations);
        }
        let authenticator = web::Data::new(authenticator(verifier, config.access_cookie));
        let database = Database::new(&config.database);
        let requests = Requests::default();
        let metrics = config
            .metrics_listen
            .map(|listen| {
                metrics::of(requests.clone(), keys.clone(), revocations.clone())
                    .with_database(database.clone())
                    .with_tokens(authenticator.clone())
                    .serve(listen)
                    .map_err(cannot_listen(listen))
            })
            .transpose()?;
        let state = web::Data::new(NotesState {
            database,
            keys,
            revocations,
        });
        let shared = state.clone();
        let door = Door::open(listen).map_err(cannot_listen(listen))?;
        let closing = door.closing();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(closing.clone())
                .app_data(requests.of_worker())
                .app_data(shared.clone())
                .app_data(authenticator.clone())
                .configure(input_limits(BODY_LIMIT))
                .configure(routes)
                .default_service(web::to(not_found))
                .wrap(from_fn(method_not_allowed))
                .wrap(Condition::new(
                    !cors_origins.is_empty(),
                    cross_origin::allow(&cors_origins, &EXPOSED_HEADERS, with_cookies)
                        .allowed_header(IDEMPOTENCY_KEY),
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
        let server = bounded(server)
            .disable_signals()
            .listen(door.listener().map_err(cannot_listen(listen))?)
            .map_err(cannot_listen(listen))?;
        let addresses = server.addrs();
        Ok(Self {
            server: server.run(),
            door,
            addresses,
            state,
            metrics,
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
    /// finish. Connections that come before the issuer was heard wait for a moment, so that a replica
    /// which is added to others, or started again, turns nobody away, and lets nobody in whose
    /// session had ended, if the issuer answers in time.
    ///
    /// # Errors
    ///
    /// The server fails as a whole.
    pub async fn run(self) -> io::Result<()> {
        let _ = timeout(PATIENCE_FOR_ISSUER, self.state.wait_for_issuer()).await;
        self.door.serve(self.server).await
    }
}

fn authenticator(verifier: Verifier, access_cookie: Option<AccessCookie>) -> Authenticator {
    let authenticator = Authenticator::new(verifier);
    match access_cookie {
        Some(AccessCookie { name, origins }) => authenticator.with_access_cookie(name, origins),
        None => authenticator,
    }
}
