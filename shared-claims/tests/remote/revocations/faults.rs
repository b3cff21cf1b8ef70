//! A feed that is away, or out of its mind.

use std::sync::Arc;
use std::time::Duration;

use log::Level;
use shared_claims::remote::{FetchError, RemoteRevocations};
use shared_claims::{KeySet, KeySource, RevocationSource as _, VerifyError};

use super::{ENDED, LIVE, Service, config, document, eager, keys, now, token_of};
use crate::revocation_document::{payload, publish};
use crate::support::claims;
use crate::web_server::{Answer, FEED, WebServer};
use crate::{issuers, log as logged, pass};

const JWT: &str = "Content-Type: application/jwt\r\n";

impl Service {
    /// A service that knows of a revocation, and a feed that is about to go wrong.
    async fn warm() -> Self {
        Self::start(Answer::text(document(&[ENDED]))).await
    }

    /// The answer fails for the expected reason, and what is known is what it was.
    async fn shrugs_off(&self, answer: Answer, expected: impl Fn(&FetchError) -> bool) {
        let before = self.revocations.current();
        self.is_answered(answer).await;
        let status = self.revocations.status();
        let error = status.last_error.unwrap();
        assert!(expected(&error), "{error:?}");
        assert!(status.failures > 0 && status.entries == 1, "{error:?}");
        assert!(Arc::ptr_eq(&before, &self.revocations.current()));
        let (ended, live) = (token_of(ENDED, 0), token_of(LIVE, 0));
        assert_eq!(
            self.verifier.verify(&ended, now()),
            Err(VerifyError::SessionRevoked)
        );
        assert!(self.verifier.verify(&live, now()).is_ok());
    }

    async fn fails_with(&self, answer: Answer, expected: FetchError) {
        self.shrugs_off(answer, |error| *error == expected).await;
    }

    /// The feed is back, and what it says is learned.
    async fn recovers(&self) {
        self.is_answered(Answer::text(document(&[LIVE]))).await;
        let status = self.revocations.status();
        assert_eq!(
            (status.up, status.failures, status.last_error),
            (true, 0, None)
        );
        assert!(status.failures_total > 0);
        assert!(self.knows(ENDED) && self.knows(LIVE));
    }
}

#[tokio::test]
async fn another_status_than_200_changes_nothing() {
    let service = Service::warm().await;
    let good = document(&[LIVE]);
    let elsewhere = WebServer::start(FEED, Answer::text(good.as_str())).await;
    let redirect = format!("{JWT}Location: {}\r\n", elsewhere.url());
    for (status, headers) in [
        (203, JWT),
        (301, &redirect),
        (307, &redirect),
        (404, JWT),
        (429, JWT),
        (500, JWT),
        (503, JWT),
    ] {
        let answer = Answer::raw(&format!("{status} Other"), headers, &good);
        service.fails_with(answer, FetchError::Status(status)).await;
    }
    let unasked = Answer::raw("304 Not Modified", "", "");
    service.fails_with(unasked, FetchError::Status(304)).await;
    assert_eq!(elsewhere.hits(), 0);
    service.recovers().await;
}

#[tokio::test]
async fn a_bad_document_changes_nothing() {
    let service = Service::warm().await;
    let good = document(&[LIVE]);
    for headers in [
        "Content-Type: text/html\r\n",
        "Content-Type: application/json\r\n",
        "",
    ] {
        let answer = Answer::raw("200 OK", headers, &good);
        service.fails_with(answer, FetchError::ContentType).await;
    }
    let (input, _) = good.rsplit_once('.').unwrap();
    let mut elsewhere = payload(now(), &[LIVE], &[]);
    elsewhere["iss"] = "https://elsewhere.example".into();
    let mut without_sessions = payload(now(), &[], &[]);
    without_sessions.as_object_mut().unwrap().remove("sessions");
    for (body, error) in [
        (
            "<!doctype html><title>Bad gateway</title>",
            VerifyError::Malformed,
        ),
        ("", VerifyError::Malformed),
        (&good[..good.len() - 1], VerifyError::Malformed),
        (&format!("{input}."), VerifyError::Malformed),
        (&format!("{input}.AAAA"), VerifyError::BadSignature),
        (&issuers()[0].mint(&claims(now())), VerifyError::WrongType),
        (
            &publish(&issuers()[0], &elsewhere),
            VerifyError::WrongIssuer,
        ),
        (
            &publish(&issuers()[0], &without_sessions),
            VerifyError::InvalidClaims,
        ),
        (
            &publish(&issuers()[1], &payload(now(), &[LIVE], &[])),
            VerifyError::UnknownKey,
        ),
    ] {
        let answer = Answer::raw("200 OK", JWT, body);
        service.fails_with(answer, FetchError::Refused(error)).await;
    }
    service.recovers().await;
}

#[tokio::test]
async fn a_broken_answer_changes_nothing() {
    let service = Service::warm().await;
    let good = document(&[LIVE]);
    let length = good.len() + 1;
    let cut = format!("HTTP/1.1 200 OK\r\n{JWT}Content-Length: {length}\r\n\r\n{good}");
    for bytes in [
        cut.into_bytes(),
        b"\x15\x03\x01\x00\x02\x02\x28".to_vec(),
        Vec::new(),
    ] {
        let unreachable = |error: &FetchError| matches!(error, FetchError::Unreachable(_));
        service.shrugs_off(Answer::Raw(bytes), unreachable).await;
    }
    service
        .fails_with(Answer::Silence, FetchError::TimedOut)
        .await;
    service
        .fails_with(Answer::Dribble, FetchError::TimedOut)
        .await;
    service.recovers().await;
}

#[tokio::test]
async fn a_document_without_end_is_left_unread() {
    let server = WebServer::start(FEED, Answer::Endless).await;
    let bounded = eager(&server).with_max_document_bytes(256 * 1024);
    let revocations = RemoteRevocations::start(&bounded, keys()).unwrap();
    server.wait_for_hang_up().await;
    assert!(
        server.bytes_sent() < 16 * 1024 * 1024,
        "{}",
        server.bytes_sent()
    );
    revocations.wait_until_polled().await;
    assert_eq!(revocations.status().last_error, Some(FetchError::TooLong));
}

#[tokio::test]
async fn a_feed_that_is_down_says_so_and_what_is_known_stays() {
    logged::listen();
    let server = WebServer::start(FEED, Answer::text(document(&[ENDED]))).await;
    let address = server.address();
    let revocations = RemoteRevocations::start(&config(&server), keys()).unwrap();
    revocations.wait_until_polled().await;
    server.stop().await;

    // A single failure is none of the operator's business.
    pass(Duration::from_secs(5)).await;
    let failures = async |more_than| {
        while revocations.status().failures <= more_than {
            tokio::task::yield_now().await;
        }
    };
    failures(0).await;
    assert!(revocations.status().up);
    assert_eq!(logged::about_the_feed(), []);

    for _ in 0..4 {
        let before = revocations.status().failures;
        pass(Duration::from_secs(5)).await;
        failures(before).await;
    }
    let status = revocations.status();
    assert!(!status.up && status.since_success.unwrap() >= Duration::from_secs(25));
    assert!(matches!(
        status.last_error,
        Some(FetchError::Unreachable(_))
    ));
    assert!(revocations.current().is_session_revoked(ENDED));
    let told = logged::about_the_feed();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, Level::Warn);

    let server = WebServer::start_at(address, FEED, Answer::text(document(&[LIVE]))).await;
    pass(Duration::from_secs(5)).await;
    server.wait_for_hits(1).await;
    while !revocations.status().up {
        tokio::task::yield_now().await;
    }
    assert!(revocations.current().is_session_revoked(LIVE));
    assert_eq!(
        logged::about_the_feed(),
        [(Level::Info, "the revocation feed is back".to_owned())]
    );
}

#[tokio::test]
async fn a_feed_that_never_was_is_down_at_once_and_asked_for_again() {
    logged::listen();
    let service = Service::start(Answer::raw("404 Not Found", JWT, "")).await;
    let status = service.revocations.status();
    assert!(!status.up && status.since_success.is_none());
    assert_eq!(status.last_error, Some(FetchError::Status(404)));
    assert_eq!(logged::about_the_feed()[0].0, Level::Warn);
    // Tokens are good until they expire, as without a feed.
    assert!(service.verifier.verify(&token_of(ENDED, 0), now()).is_ok());
    service.is_answered(Answer::text(document(&[ENDED]))).await;
    assert!(service.knows(ENDED) && service.revocations.status().up);
}

#[tokio::test]
async fn a_feed_that_comes_back_is_seen_within_the_interval() {
    let server = WebServer::start(FEED, Answer::raw("503 Service Unavailable", "", "")).await;
    let revocations = RemoteRevocations::start(&config(&server), keys()).unwrap();
    revocations.wait_until_polled().await;
    // However long it was away.
    for polls in 1..20 {
        pass(Duration::from_secs(5)).await;
        server.wait_for_hits(polls + 1).await;
        while revocations.status().failures as usize <= polls {
            tokio::task::yield_now().await;
        }
    }
}

/// Keys that bring down whoever asks for them.
struct Cursed;

#[expect(clippy::panic, reason = "so that the poller falls over")]
impl KeySource for Cursed {
    fn current(&self) -> Option<Arc<KeySet>> {
        panic!("there is something wrong with these keys");
    }
}

#[tokio::test]
async fn a_poller_that_falls_over_does_not_look_as_if_it_stood() {
    let server = WebServer::start(FEED, Answer::text(document(&[ENDED]))).await;
    let revocations = RemoteRevocations::start(&config(&server), Arc::new(Cursed)).unwrap();
    revocations.wait_until_polled().await;
    assert!(!revocations.status().up);
    assert!(revocations.current().is_empty());
}
