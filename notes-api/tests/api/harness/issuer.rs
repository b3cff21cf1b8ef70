//! The part of an auth server that a resource server sees: its key set.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::json;

use super::{
    SigningKey,
    thread::{Built, ServerThread},
};

/// Serves the key set of [`SigningKey::published`], and counts how often it is asked for.
pub(crate) struct Issuer {
    server: ServerThread,
    hits: Arc<AtomicUsize>,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let hits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&hits);
        let server = ServerThread::start(async move || {
            let counter = web::Data::from(counter);
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(counter.clone())
                    .route("/.well-known/jwks.json", web::get().to(key_set))
            })
            .workers(1)
            .bind("127.0.0.1:0")
            .unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            Built {
                address,
                handle: server.handle(),
                run: server,
            }
        });
        Self { server, hits }
    }

    /// Where the key set is.
    pub(crate) fn jwks_url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.server.address)
    }

    /// How often it was asked for.
    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

async fn key_set(hits: web::Data<AtomicUsize>) -> HttpResponse {
    hits.fetch_add(1, Ordering::SeqCst);
    HttpResponse::Ok()
        .insert_header(("cache-control", "public, max-age=300"))
        .json(json!({"keys": [SigningKey::published().jwk()]}))
}
