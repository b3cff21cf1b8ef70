//! What a service tells Prometheus: figures that are read at the moment it asks, on a listener of
//! their own, which no gateway leads to.

use std::{io, net::SocketAddr};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, rt, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::http::{Readable, bounded, not_found};

/// The figures of a service.
pub struct Metrics {
    recorder: PrometheusRecorder,
    readings: Vec<Reading>,
}

type Reading = Box<dyn Fn() + Send + Sync>;

impl Metrics {
    /// No figures yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            recorder: PrometheusBuilder::new().build_recorder(),
            readings: Vec::new(),
        }
    }

    /// Adds a reading: it is called whenever someone asks for the figures, and sets them by the
    /// macros of the crate `metrics`.
    #[must_use]
    pub fn with(mut self, reading: impl Fn() + Send + Sync + 'static) -> Self {
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
        let metrics = web::Data::new(self);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(metrics.clone())
                .service(web::resource("/metrics").read(scrape))
                .default_service(web::to(not_found))
        });
        // The service stops by signals, and this one with it.
        let server = bounded(server).workers(1).disable_signals().bind(listen)?;
        let addresses = server.addrs();
        let server = server.run();
        let handle = server.handle();
        rt::spawn(server);
        Ok(MetricsListener { addresses, handle })
    }

    /// The figures of this moment, in Prometheus' text format.
    fn render(&self) -> String {
        metrics::with_local_recorder(&self.recorder, || {
            for reading in &self.readings {
                reading();
            }
        });
        self.recorder.handle().render()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// The listener that figures are served on.
pub struct MetricsListener {
    addresses: Vec<SocketAddr>,
    handle: ServerHandle,
}

impl MetricsListener {
    /// Where it listens; of interest where port 0 was asked for.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl Drop for MetricsListener {
    fn drop(&mut self) {
        // The command is sent by the call, not by the future.
        drop(self.handle.stop(false));
    }
}

async fn scrape(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(metrics.render())
}
