//! What a service tells Prometheus: figures that are read at the moment it asks, on a listener of
//! their own, which no gateway leads to.

mod database;
mod exposition;
mod listener;
mod process;
mod requests;
mod tally;
mod tokens;

pub use exposition::{Exposition, Family};
pub use listener::MetricsListener;
pub use process::BuildInfo;
pub use requests::{Requests, WorkerRequests, count_request};
pub use tally::{Outcome, Tally};

use std::{io, net::SocketAddr, sync::Arc};

use actix_web::web;
use shared_claims::actix::Authenticator;

use crate::database::Database;

/// The figures of a service.
#[derive(Default)]
pub struct Metrics {
    readings: Vec<Reading>,
}

type Reading = Box<dyn Fn(&mut Exposition) + Send + Sync>;

impl Metrics {
    /// The figures that every service has: of its build, its process, and the requests that it answers.
    #[must_use]
    pub fn of(build: BuildInfo, requests: Requests) -> Self {
        let start = process::start();
        Self::default()
            .with(move |exposition| build.read(exposition))
            .with(move |exposition| process::read(start, exposition))
            .with(move |exposition| requests.read(exposition))
    }

    /// And those of its database's pool.
    #[must_use]
    pub fn with_database(self, database: Database) -> Self {
        self.with(move |exposition| database::read(&database.status(), exposition))
    }

    /// And those of the access tokens that it verifies.
    #[must_use]
    pub fn with_tokens(self, authenticator: web::Data<Authenticator>) -> Self {
        let authenticator: Arc<Authenticator> = authenticator.into_inner();
        self.with(move |exposition| tokens::read(&authenticator, exposition))
    }

    /// Adds a reading: it is called whenever someone asks for the figures, and writes them. No two
    /// readings may write a family of the same name.
    #[must_use]
    pub fn with(mut self, reading: impl Fn(&mut Exposition) + Send + Sync + 'static) -> Self {
        self.readings.push(Box::new(reading));
        self
    }

    /// Serves the figures at `/metrics` until the listener is dropped. Must be called inside
    /// actix's runtime.
    ///
    /// # Errors
    ///
    /// The address cannot be bound.
    pub fn serve(self, listen: SocketAddr) -> io::Result<MetricsListener> {
        MetricsListener::open(self, listen)
    }

    /// The figures of this moment, in Prometheus' text format.
    fn render(&self) -> String {
        let mut exposition = Exposition::default();
        for reading in &self.readings {
            reading(&mut exposition);
        }
        exposition.into_text()
    }
}
