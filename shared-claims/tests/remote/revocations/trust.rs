//! Which documents are believed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared_claims::remote::{FetchError, KeysConfig, RemoteKeys};
use shared_claims::{KeySet, LocalKeys, RevocationSource as _, VerifyError};

use super::{ENDED, LIVE, Service, document, keys, now, token_of};
use crate::revocation_document::{payload, publish};
use crate::web_server::{Answer, KEYS, WebServer};
use crate::{issuers, jwks};

fn old_kid() -> &'static str {
    &issuers()[0].kid
}

/// A document that the new key signs and that revokes the old one.
fn emergency() -> String {
    publish(&issuers()[1], &payload(now(), &[], &[old_kid()]))
}

fn both_keys() -> Arc<LocalKeys> {
    let [old, new] = issuers()
        .each_ref()
        .map(|issuer| jwks(issuer)["keys"][0].clone());
    let set = json!({"keys": [old, new]}).to_string();
    Arc::new(LocalKeys::new(KeySet::from_jwks(set.as_bytes()).unwrap()))
}

#[tokio::test]
async fn the_key_of_a_document_may_be_new() {
    let key_server = WebServer::start(KEYS, Answer::document(&jwks(&issuers()[0]))).await;
    let keys = RemoteKeys::start(&KeysConfig::new(&key_server.url()).unwrap()).unwrap();
    keys.wait_until_ready().await;
    key_server.now_answers(Answer::document(&jwks(&issuers()[1])));
    let by_the_new_key = publish(&issuers()[1], &payload(now(), &[ENDED], &[]));
    let service = Service::start_with(Answer::text(by_the_new_key), keys).await;
    assert!(service.knows(ENDED));
    assert_eq!(key_server.hits(), 2);

    // A key that nobody has is asked for once per cooldown.
    let by_the_old_key = document(&[LIVE]);
    service.is_answered(Answer::text(by_the_old_key)).await;
    service
        .server
        .wait_for_hits(service.server.hits() + 5)
        .await;
    assert_eq!(key_server.hits(), 2);
    assert!(!service.knows(LIVE));
    assert_eq!(
        service.revocations.status().last_error,
        Some(FetchError::Refused(VerifyError::UnknownKey))
    );
}

#[tokio::test]
async fn keys_that_are_late_are_waited_for() {
    let key_server = WebServer::start(KEYS, Answer::document(&jwks(&issuers()[0]))).await;
    let keys = RemoteKeys::start(&KeysConfig::new(&key_server.url()).unwrap()).unwrap();
    // Neither has arrived when the first poll begins.
    let service = Service::start_with(Answer::text(document(&[ENDED])), keys).await;
    assert!(service.knows(ENDED));
    assert_eq!(service.revocations.status().failures_total, 0);
}

#[tokio::test]
async fn tokens_of_a_revoked_key_are_refused_and_cause_no_fetch() {
    let key_server = WebServer::start(KEYS, Answer::document(&jwks(&issuers()[0]))).await;
    let config = KeysConfig::new(&key_server.url()).unwrap();
    let keys = RemoteKeys::start(&config.with_cooldown(Duration::ZERO)).unwrap();
    keys.wait_until_ready().await;
    let service = Service::start_with(Answer::text(document(&[])), keys).await;
    let stolen = token_of(LIVE, 0);
    assert!(service.verifier.verify(&stolen, now()).is_ok());

    key_server.now_answers(Answer::document(&jwks(&issuers()[1])));
    service.is_answered(Answer::text(emergency())).await;
    let hits = key_server.hits();
    for token in [&stolen, &token_of(LIVE, 0)] {
        let outcome = service.verifier.verify_or_refetch(token, now()).await;
        assert_eq!(outcome, Err(VerifyError::KeyRevoked));
    }
    assert_eq!(key_server.hits(), hits);
    assert!(service.verifier.verify(&token_of(LIVE, 1), now()).is_ok());
}

#[tokio::test]
async fn a_document_of_a_revoked_key_is_refused() {
    let service = Service::start_with(Answer::text(emergency()), both_keys()).await;
    assert!(service.revocations.current().is_key_revoked(old_kid()));
    // The thief signs what he likes, while the old key is still in the set.
    let forged = publish(
        &issuers()[0],
        &payload(now(), &[LIVE], &[&issuers()[1].kid]),
    );
    service.is_answered(Answer::text(forged)).await;
    assert!(!service.knows(LIVE));
    assert!(
        !service
            .revocations
            .current()
            .is_key_revoked(&issuers()[1].kid)
    );
    assert_eq!(
        service.revocations.status().last_error,
        Some(FetchError::Refused(VerifyError::KeyRevoked))
    );
}

#[tokio::test]
async fn a_cache_cannot_replay_a_document_for_ever() {
    // Believed for the five seconds that clocks may differ by.
    let mut old = payload(now() - 300, &[ENDED], &[]);
    old["exp"] = now().into();
    let old = publish(&issuers()[0], &old);
    let service = Service::start_with(Answer::tagged(old, "\"old\""), keys()).await;
    assert!(service.knows(ENDED));
    let expired = Some(FetchError::Refused(VerifyError::Expired));
    let is_refused = || service.revocations.status().last_error == expired;
    service.polls_until(is_refused).await;
    // It is asked for as if for the first time, and refused as such as well.
    service
        .server
        .wait_for_hits(service.server.hits() + 2)
        .await;
    assert!(!service.server.last_request().contains("if-none-match"));
    assert!(is_refused() && service.knows(ENDED));

    service.is_answered(Answer::text(document(&[]))).await;
    assert_eq!(service.revocations.status().failures, 0);
}

#[tokio::test]
async fn a_document_from_the_future_is_refused() {
    let early = publish(&issuers()[0], &payload(now() + 60, &[ENDED], &[]));
    let service = Service::start(Answer::text(early)).await;
    assert!(!service.knows(ENDED));
    assert_eq!(
        service.revocations.status().last_error,
        Some(FetchError::Refused(VerifyError::IssuedInFuture))
    );
}
