//! A feed that works.

use std::time::Duration;

use shared_claims::remote::{InvalidUrl, RemoteRevocations, RevocationsConfig, StartError};
use shared_claims::{RevocationSource as _, VerifyError};
use tokio::time::timeout;

use super::{ENDED, LIVE, Service, config, document, keys, now, token_of};
use crate::revocation_document::{payload, publish};
use crate::web_server::{Answer, FEED, WebServer};
use crate::{issuers, pass};

#[tokio::test]
async fn revocations_take_effect_with_the_next_poll() {
    let service = Service::start(Answer::text(document(&[]))).await;
    let (ended, live) = (token_of(ENDED, 0), token_of(LIVE, 0));
    for token in [&ended, &live] {
        assert!(service.verifier.verify(token, now()).is_ok());
    }
    let status = service.revocations.status();
    assert_eq!((status.up, status.entries, status.failures), (true, 0, 0));

    service.is_answered(Answer::text(document(&[ENDED]))).await;
    assert_eq!(
        service.verifier.verify(&ended, now()),
        Err(VerifyError::SessionRevoked)
    );
    assert!(service.verifier.verify(&live, now()).is_ok());
    assert_eq!(service.revocations.status().entries, 1);
    let request = service.server.last_request();
    assert!(request.starts_with("get /.well-known/revocations.jwt http/1.1\r\n"));
}

#[tokio::test]
async fn what_was_revoked_before_the_start_is_known_after_the_first_poll() {
    let service = Service::start(Answer::text(document(&[ENDED]))).await;
    assert!(service.knows(ENDED) && !service.knows(LIVE));
}

#[tokio::test]
async fn an_unchanged_document_is_not_sent_again() {
    let service = Service::start(Answer::tagged(document(&[ENDED]), "\"one\"")).await;
    service.server.wait_for_hits(3).await;
    let request = service.server.last_request();
    assert!(request.contains("\r\nif-none-match: \"one\"\r\n"));
    let status = service.revocations.status();
    assert!(status.up && service.knows(ENDED));
    assert_eq!((status.failures_total, status.last_error), (0, None));

    service
        .is_answered(Answer::tagged(document(&[ENDED, LIVE]), "\"two\""))
        .await;
    assert!(service.knows(LIVE));
    let request = service.server.last_request();
    assert!(request.contains("\r\nif-none-match: \"two\"\r\n"));
}

#[tokio::test]
async fn an_older_document_takes_nothing_away() {
    let service = Service::start(Answer::text(document(&[ENDED]))).await;
    let older = publish(&issuers()[0], &payload(now() - 120, &["older"], &[]));
    service.is_answered(Answer::text(older)).await;
    assert!(service.knows(ENDED) && service.knows("older"));
    service.is_answered(Answer::text(document(&[]))).await;
    assert!(service.knows(ENDED) && service.knows("older"));
    assert_eq!(service.revocations.status().failures_total, 0);
}

#[tokio::test]
async fn an_entry_leaves_when_its_last_token_has_expired() {
    let mut leaving = payload(now(), &[ENDED], &[]);
    leaving["sessions"][ENDED] = (now() - 3).into();
    let service = Service::start(Answer::text(publish(&issuers()[0], &leaving))).await;
    assert!(service.knows(ENDED));
    // Verifiers give tokens five seconds more.
    while service.knows(ENDED) {
        assert!(now() < leaving["iat"].as_i64().unwrap() + 30);
        service.is_answered(Answer::text(document(&[]))).await;
    }
    assert!(now() >= leaving["iat"].as_i64().unwrap() + 2);
}

#[tokio::test]
async fn the_feed_is_asked_for_every_five_seconds() {
    let server = WebServer::start(FEED, Answer::text(document(&[]))).await;
    let revocations = RemoteRevocations::start(&config(&server), keys()).unwrap();
    revocations.wait_until_polled().await;
    for polls in 2..6 {
        pass(Duration::from_secs(5)).await;
        server.wait_for_hits(polls).await;
        poll_has_ended(&revocations).await;
    }
}

#[tokio::test]
async fn the_interval_is_kept() {
    let server = WebServer::start(FEED, Answer::text(document(&[]))).await;
    let hourly = config(&server).with_poll_interval(Duration::from_secs(3600));
    let revocations = RemoteRevocations::start(&hourly, keys()).unwrap();
    revocations.wait_until_polled().await;
    for polls in 1..5 {
        pass(Duration::from_secs(3200)).await;
        assert_eq!(server.hits(), polls);
        pass(Duration::from_secs(400)).await;
        server.wait_for_hits(polls + 1).await;
        poll_has_ended(&revocations).await;
    }
}

/// Comes back when the poll that took the clock's last jump has ended.
async fn poll_has_ended(revocations: &RemoteRevocations) {
    while revocations.status().since_success.unwrap() >= Duration::from_secs(5) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn polling_stops_with_its_owner() {
    let server = WebServer::start(FEED, Answer::Silence).await;
    let patient = config(&server).with_timeout(Duration::from_secs(3600));
    let revocations = RemoteRevocations::start(&patient, keys()).unwrap();
    server.wait_for_hits(1).await;
    drop(revocations);
    let hang_up = timeout(Duration::from_secs(30), server.wait_for_hang_up());
    assert!(hang_up.await.is_ok());
}

#[test]
fn a_runtime_is_needed() {
    let config = RevocationsConfig::new("http://localhost:8080").unwrap();
    let started = RemoteRevocations::start(&config, keys());
    assert!(matches!(started, Err(StartError::NoRuntime)));
}

#[test]
fn a_runtime_that_ends_leaves_nobody_waiting() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let first = runtime();
    let revocations = first.block_on(async {
        let server = WebServer::start(FEED, Answer::Silence).await;
        RemoteRevocations::start(&config(&server), keys()).unwrap()
    });
    drop(first);
    runtime().block_on(revocations.wait_until_polled());
    assert!(revocations.current().is_empty());
    assert!(!revocations.status().up);
}

#[test]
fn only_plain_web_addresses_are_asked() {
    assert!(RevocationsConfig::new("https://latchkey.example").is_ok());
    for issuer in [
        "",
        "latchkey.example",
        "https://user:password@latchkey.example",
    ] {
        assert_eq!(
            RevocationsConfig::new(issuer).map(|_| ()),
            Err(InvalidUrl),
            "{issuer}"
        );
        let config = RevocationsConfig::new("https://latchkey.example").unwrap();
        assert_eq!(config.with_url(issuer).map(|_| ()), Err(InvalidUrl));
    }
}
