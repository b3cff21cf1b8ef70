//! An issuer that is away, or out of its mind.

use std::sync::Arc;
use std::time::Duration;

use shared_claims::remote::{FetchError, RemoteKeys};
use shared_claims::{JwksError, KeySource as _, Verifier, VerifyError};

use super::{NOW, config, eager, new_keys, new_token, old_keys, old_token, ready, verifier};
use crate::web_server::{Answer, KEYS, WebServer};
use crate::{issuers, jwks, pass};

const JSON: &str = "Content-Type: application/json\r\n";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A service that has its keys, and an issuer that is about to go wrong.
struct Warm {
    server: WebServer,
    keys: Arc<RemoteKeys>,
    verifier: Arc<Verifier>,
}

impl Warm {
    async fn up() -> Self {
        let server = WebServer::start(KEYS, old_keys()).await;
        let keys = ready(&eager(&server)).await;
        let verifier = verifier(&keys);
        Self {
            server,
            keys,
            verifier,
        }
    }

    /// The answer fails for the expected reason, and the keys are what they were.
    async fn shrugs_off(&self, answer: Answer, expected: impl Fn(&FetchError) -> bool) {
        let before = self.keys.current().unwrap();
        self.server.now_answers(answer);
        // The first may share a retry that began before; the second cannot.
        self.keys.refetch().await;
        self.keys.refetch().await;
        let status = self.keys.status();
        let error = status.last_error.unwrap();
        assert!(expected(&error), "{error:?}");
        assert!(status.ready && status.failures > 0, "{error:?}");
        assert!(
            Arc::ptr_eq(&before, &self.keys.current().unwrap()),
            "{error:?}"
        );
        assert!(self.verifier.verify(&old_token(), NOW).is_ok(), "{error:?}");
    }

    async fn fails_with(&self, answer: Answer, expected: FetchError) {
        self.shrugs_off(answer, |error| *error == expected).await;
    }
}

#[tokio::test]
async fn another_status_than_200_changes_nothing() {
    let warm = Warm::up().await;
    let elsewhere = WebServer::start(KEYS, new_keys()).await;
    let good = jwks(&issuers()[1]).to_string();
    let redirect = format!("{JSON}Location: {}\r\n", elsewhere.url());
    for (status, headers) in [
        (203, JSON),
        (206, JSON),
        (301, &redirect),
        (302, &redirect),
        (307, &redirect),
        (308, &redirect),
        (404, JSON),
        (429, JSON),
        (500, JSON),
        (503, JSON),
    ] {
        let answer = Answer::raw(&format!("{status} Other"), headers, &good);
        warm.fails_with(answer, FetchError::Status(status)).await;
    }
    let unasked = Answer::raw("304 Not Modified", "", "");
    warm.fails_with(unasked, FetchError::Status(304)).await;
    assert_eq!(elsewhere.hits(), 0);
}

#[tokio::test]
async fn a_bad_document_changes_nothing() {
    let warm = Warm::up().await;
    let good = jwks(&issuers()[1]).to_string();
    for headers in [
        "Content-Type: text/html\r\n",
        "Content-Type: text/plain\r\n",
        "",
    ] {
        let answer = Answer::raw("200 OK", headers, &good);
        warm.fails_with(answer, FetchError::ContentType).await;
    }
    let not_a_set = || FetchError::Document(JwksError::NotAKeySet);
    let long = format!("{good}{}", " ".repeat(256 * 1024));
    for (body, error) in [
        ("", not_a_set()),
        ("<!doctype html><title>Bad gateway</title>", not_a_set()),
        ("{}", not_a_set()),
        (&good[..good.len() - 1], not_a_set()),
        (r#"{"keys":[]}"#, FetchError::NoUsableKey),
        (&good.replace("RS256", "RS512"), FetchError::NoUsableKey),
        (&long, FetchError::TooLong),
    ] {
        warm.fails_with(Answer::raw("200 OK", JSON, body), error)
            .await;
    }

    let headers = "Content-Type: application/jwk-set+json; charset=utf-8\r\n";
    warm.server
        .now_answers(Answer::raw("200 OK", headers, &good));
    warm.keys.refetch().await;
    warm.keys.refetch().await;
    assert_eq!(
        (warm.keys.status().failures, warm.keys.status().last_error),
        (0, None)
    );
    assert!(warm.verifier.verify(&new_token(), NOW).is_ok());
}

#[tokio::test]
async fn a_broken_answer_changes_nothing() {
    let warm = Warm::up().await;
    let good = jwks(&issuers()[1]).to_string();
    let length = good.len() + 1;
    let cut = format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: {length}\r\n\r\n{good}");
    for bytes in [
        cut.into_bytes(),
        b"\x15\x03\x01\x00\x02\x02\x28".to_vec(),
        Vec::new(),
    ] {
        let unreachable = |error: &FetchError| matches!(error, FetchError::Unreachable(_));
        warm.shrugs_off(Answer::Raw(bytes), unreachable).await;
    }
    warm.fails_with(Answer::Silence, FetchError::TimedOut).await;
    warm.fails_with(Answer::Dribble, FetchError::TimedOut).await;
}

#[tokio::test]
async fn a_document_without_end_is_left_unread() {
    let server = WebServer::start(KEYS, Answer::Endless).await;
    let keys = RemoteKeys::start(&eager(&server)).unwrap();
    server.wait_for_hang_up().await;
    assert!(
        server.bytes_sent() < 16 * 1024 * 1024,
        "{}",
        server.bytes_sent()
    );
    keys.refetch().await;
    assert_eq!(keys.status().last_error, Some(FetchError::TooLong));
    assert!(!keys.status().ready);
}

#[tokio::test]
async fn a_cold_service_tries_until_the_issuer_is_there() {
    let server = WebServer::start(KEYS, Answer::raw("503 Service Unavailable", "", "")).await;
    let keys = RemoteKeys::start(&config(&server)).unwrap();
    server.wait_for_hits(2).await;
    assert!(!keys.status().ready);
    assert_eq!(
        verifier(&keys).verify(&old_token(), NOW),
        Err(VerifyError::KeysUnavailable)
    );
    server.now_answers(old_keys());
    keys.wait_until_ready().await;
    assert!(verifier(&keys).verify(&old_token(), NOW).is_ok());
}

#[tokio::test]
async fn the_last_good_keys_serve_for_a_day() {
    let server = WebServer::start(KEYS, old_keys()).await;
    let address = server.address();
    let keys = ready(&config(&server)).await;
    let verifier = verifier(&keys);
    server.stop().await;

    pass(DAY.saturating_sub(MINUTE)).await;
    assert!(verifier.verify(&old_token(), NOW).is_ok());
    keys.refetch().await;
    assert!(matches!(
        keys.status().last_error,
        Some(FetchError::Unreachable(_))
    ));
    assert!(keys.status().ready);

    pass(MINUTE).await;
    assert_eq!(
        verifier.verify(&old_token(), NOW),
        Err(VerifyError::KeysUnavailable)
    );
    assert!(!keys.status().ready);
    assert!(keys.status().since_success.unwrap() >= DAY);

    let _server = WebServer::start_at(address, KEYS, old_keys()).await;
    keys.wait_until_ready().await;
    assert!(verifier.verify(&old_token(), NOW).is_ok());
}
