//! The listener that figures are served on.

use std::{io, net::SocketAddr};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, rt, web};

use super::Metrics;
use crate::http::{Readable, bounded, not_found};

/// The listener that figures are served on.
pub struct MetricsListener {
    addresses: Vec<SocketAddr>,
    handle: ServerHandle,
}

impl MetricsListener {
    pub(super) fn open(metrics: Metrics, listen: SocketAddr) -> io::Result<Self> {
        let metrics = web::Data::new(metrics);
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
        Ok(Self { addresses, handle })
    }

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
