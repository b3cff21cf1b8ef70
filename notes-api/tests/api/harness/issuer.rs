//! The part of an auth server that a resource server sees: its key set and its revocation feed.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    ISSUER, SigningKey,
    thread::{Built, ServerThread},
    token::unix_now,
};

/// Serves the key set of [`SigningKey::published`] and [`SigningKey::next`], counts how often it is
/// asked for, and answers for its revocation feed as it is told.
pub(crate) struct Issuer {
    server: ServerThread,
    published: Arc<Published>,
}

struct Published {
    hits: AtomicUsize,
    feed: Mutex<Feed>,
    polls: watch::Sender<usize>,
}

/// What is answered to those who ask for the revocation feed.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

impl Feed {
    /// A document, just made, of these revoked sessions and keys, signed with this key.
    pub(crate) fn of(sids: &[&str], kids: &[&str], key: &SigningKey) -> Self {
        Self::document(key.sign_as("revocations+jwt", &revocations(sids, kids)))
    }

    /// Any text in the place of a document.
    pub(crate) fn document(body: String) -> Self {
        Self {
            status: 200,
            content_type: "application/jwt",
            body,
        }
    }
}

/// The payload of a document of the feed, just made.
pub(crate) fn revocations(sids: &[&str], kids: &[&str]) -> Value {
    let now = unix_now();
    let entries = |ids: &[&str]| -> Value {
        let entries = ids.iter().map(|id| ((*id).to_owned(), json!(now + 900)));
        Value::Object(entries.collect())
    };
    json!({
        "iss": ISSUER,
        "iat": now,
        "exp": now + 300,
        "sessions": entries(sids),
        "keys": entries(kids),
    })
}

impl Issuer {
    /// An issuer that has revoked nothing.
    pub(crate) fn start() -> Self {
        Self::start_with(Feed::of(&[], &[], SigningKey::published()))
    }

    /// An issuer with this feed.
    pub(crate) fn start_with(feed: Feed) -> Self {
        let published = Arc::new(Published {
            hits: AtomicUsize::new(0),
            feed: Mutex::new(feed),
            polls: watch::Sender::new(0),
        });
        let shared = web::Data::from(Arc::clone(&published));
        let server = ServerThread::start(async move || {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(shared.clone())
                    .route("/.well-known/jwks.json", web::get().to(key_set))
                    .route("/.well-known/revocations.jwt", web::get().to(feed_document))
            })
            .workers(1)
            .bind("127.0.0.1:0")
            .unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            Built {
                address,
                metrics: None,
                handle: server.handle(),
                run: server,
            }
        });
        Self { server, published }
    }

    /// Where the key set is.
    pub(crate) fn jwks_url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.server.address)
    }

    /// How often the key set was asked for.
    pub(crate) fn hits(&self) -> usize {
        self.published.hits.load(Ordering::SeqCst)
    }

    /// How often the feed was asked for.
    pub(crate) fn polls(&self) -> usize {
        *self.published.polls.borrow()
    }

    /// From now on answers this to those who ask for the feed; comes back when the one service that
    /// does has heard it.
    pub(crate) async fn publishes(&self, feed: Feed) {
        *self.published.feed.lock().unwrap() = feed;
        // A poll may be under way. When the second one from now begins, the first has ended.
        self.is_polled(2).await;
    }

    /// Comes back when the feed was asked for so many times more.
    pub(crate) async fn is_polled(&self, more: usize) {
        let enough = self.polls() + more;
        let mut polls = self.published.polls.subscribe();
        polls.wait_for(|polls| *polls >= enough).await.unwrap();
    }
}

async fn key_set(published: web::Data<Published>) -> HttpResponse {
    published.hits.fetch_add(1, Ordering::SeqCst);
    let keys = [SigningKey::published(), SigningKey::next()].map(SigningKey::jwk);
    HttpResponse::Ok()
        .insert_header(("cache-control", "public, max-age=300"))
        .json(json!({"keys": keys}))
}

async fn feed_document(published: web::Data<Published>) -> HttpResponse {
    let feed = published.feed.lock().unwrap().clone();
    published.polls.send_modify(|polls| *polls += 1);
    HttpResponse::build(StatusCode::from_u16(feed.status).unwrap())
        .content_type(feed.content_type)
        .body(feed.body)
}
