//! The revocation feed.

mod faults;
mod fresh;
mod trust;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared_claims::remote::{RemoteRevocations, RevocationsConfig};
use shared_claims::{KeySource, LocalKeys, Policy, RevocationSource as _, Verifier};
use tokio::time::timeout;

use crate::issuers;
use crate::revocation_document::{payload, publish};
use crate::support::{AUDIENCE, ISSUER, claims};
use crate::web_server::{Answer, FEED, WebServer};

/// The session that is revoked.
const ENDED: &str = "018f6b6e-5c1a-7000-8000-0000000000e0";
/// The session that is not.
const LIVE: &str = "018f6b6e-5c1a-7000-8000-0000000000a0";

fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the feed is read by the real clock"
    )]
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_secs()).unwrap()
}

/// The issuer's document, just made, with these sessions.
fn document(sids: &[&str]) -> String {
    publish(&issuers()[0], &payload(now(), sids, &[]))
}

/// Asks so often that a test need not wait.
fn eager(server: &WebServer) -> RevocationsConfig {
    config(server)
        .with_poll_interval(Duration::from_millis(20))
        .with_timeout(Duration::from_millis(500))
}

fn config(server: &WebServer) -> RevocationsConfig {
    let config = RevocationsConfig::new(ISSUER).unwrap();
    config.with_url(&server.url()).unwrap()
}

fn keys() -> Arc<LocalKeys> {
    Arc::new(LocalKeys::new(issuers()[0].key_set()))
}

/// A service that asks a feed.
struct Service {
    server: WebServer,
    revocations: Arc<RemoteRevocations>,
    verifier: Verifier,
}

impl Service {
    async fn start(answer: Answer) -> Self {
        Self::start_with(answer, keys()).await
    }

    async fn start_with(answer: Answer, keys: Arc<dyn KeySource>) -> Self {
        let server = WebServer::start(FEED, answer).await;
        let revocations = RemoteRevocations::start(&eager(&server), keys.clone()).unwrap();
        revocations.wait_until_polled().await;
        let verifier = Verifier::new(Policy::new(ISSUER, AUDIENCE), keys)
            .with_revocations(revocations.clone());
        Self {
            server,
            revocations,
            verifier,
        }
    }

    /// Comes back when the feed has answered this, and the service has read it.
    async fn is_answered(&self, answer: Answer) {
        self.server.now_answers(answer);
        // One poll may be under way; when the second one from now begins, the first has ended.
        self.server.wait_for_hits(self.server.hits() + 2).await;
    }

    /// Comes back after the poll by which this holds.
    async fn polls_until(&self, holds: impl Fn() -> bool) {
        let polls = async {
            while !holds() {
                self.server.wait_for_hits(self.server.hits() + 1).await;
            }
        };
        timeout(Duration::from_secs(30), polls).await.unwrap();
    }

    fn knows(&self, sid: &str) -> bool {
        self.revocations.current().is_session_revoked(sid)
    }
}

/// A token of this session that the issuer signed with its first or its second key.
fn token_of(sid: &str, key: usize) -> String {
    let mut claims = claims(now());
    claims["sid"] = sid.into();
    issuers()[key].mint(&claims)
}
