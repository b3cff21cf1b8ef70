//! Keys that change, and keys that do not.

use std::sync::Arc;
use std::time::Duration;

use shared_claims::remote::{InvalidUrl, KeysConfig, RemoteKeys, StartError};
use shared_claims::{KeySource as _, VerifyError};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{NOW, config, eager, new_keys, new_token, old_keys, old_token, ready, verifier};
use crate::web_server::{Answer, KEYS, WebServer};
use crate::{issuers, jwks, pass};

#[tokio::test]
async fn keys_are_fetched_in_the_background() {
    let gate = Arc::new(Notify::new());
    let body = jwks(&issuers()[0]).to_string();
    let server = WebServer::start(
        KEYS,
        Answer::Gated {
            body,
            gate: gate.clone(),
        },
    )
    .await;
    let keys = RemoteKeys::start(&config(&server)).unwrap();
    let verifier = verifier(&keys);
    server.wait_for_hits(1).await;
    assert_eq!(
        verifier.verify(&old_token(), NOW),
        Err(VerifyError::KeysUnavailable)
    );
    let cold = keys.status();
    assert_eq!(
        (cold.ready, cold.keys, cold.since_success),
        (false, 0, None)
    );

    gate.notify_one();
    keys.wait_until_ready().await;
    assert!(verifier.verify(&old_token(), NOW).is_ok());
    let warm = keys.status();
    assert_eq!(
        (warm.ready, warm.keys, warm.failures, warm.last_error),
        (true, 1, 0, None)
    );
    assert!(warm.since_success.is_some());
    assert!(
        server
            .last_request()
            .starts_with("get /.well-known/jwks.json http/1.1\r\n")
    );
}

#[tokio::test]
async fn an_unchanged_set_is_not_sent_again() {
    let body = jwks(&issuers()[0]).to_string();
    let server = WebServer::start(KEYS, Answer::tagged(body, "\"one\"")).await;
    let keys = ready(&eager(&server)).await;
    assert!(!server.last_request().contains("if-none-match"));
    let before = keys.current().unwrap();
    pass(Duration::from_secs(60)).await;
    assert!(keys.status().since_success.unwrap() >= Duration::from_secs(60));
    keys.refetch().await;
    assert!(
        server
            .last_request()
            .contains("\r\nif-none-match: \"one\"\r\n")
    );
    assert!(Arc::ptr_eq(&before, &keys.current().unwrap()));
    assert!(keys.status().since_success.unwrap() < Duration::from_secs(60));

    let body = jwks(&issuers()[1]).to_string();
    server.now_answers(Answer::tagged(body, "W/\"two\""));
    keys.refetch().await;
    assert_eq!(*keys.current().unwrap(), issuers()[1].key_set());
    keys.refetch().await;
    assert!(
        server
            .last_request()
            .contains("\r\nif-none-match: w/\"two\"\r\n")
    );
    assert_eq!(keys.status().failures, 0);
}

#[tokio::test]
async fn an_issuer_without_entity_tags_changes_nothing_by_repeating_itself() {
    let server = WebServer::start(KEYS, old_keys()).await;
    let keys = ready(&eager(&server)).await;
    let before = keys.current().unwrap();
    keys.refetch().await;
    assert_eq!(server.hits(), 2);
    assert!(!server.last_request().contains("if-none-match"));
    assert!(Arc::ptr_eq(&before, &keys.current().unwrap()));
}

#[tokio::test]
async fn keys_are_fetched_again_before_they_are_stale() {
    let server = WebServer::start(KEYS, old_keys()).await;
    let keys = ready(&config(&server)).await;
    server.now_answers(new_keys());
    pass(Duration::from_secs(74)).await;
    assert_eq!(server.hits(), 1);
    pass(Duration::from_secs(17)).await;
    server.wait_for_hits(2).await;
    while *keys.current().unwrap() != issuers()[1].key_set() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn fetching_stops_with_its_owner() {
    let server = WebServer::start(KEYS, Answer::Silence).await;
    let patient = config(&server).with_timeout(Duration::from_secs(3600));
    let keys = RemoteKeys::start(&patient).unwrap();
    server.wait_for_hits(1).await;
    drop(keys);
    let hang_up = timeout(Duration::from_secs(30), server.wait_for_hang_up());
    assert!(hang_up.await.is_ok());
}

#[test]
fn a_runtime_is_needed() {
    let config = KeysConfig::new("http://localhost:8080/.well-known/jwks.json").unwrap();
    assert!(matches!(
        RemoteKeys::start(&config),
        Err(StartError::NoRuntime)
    ));
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
    let keys = first.block_on(async {
        let server = WebServer::start(KEYS, old_keys()).await;
        ready(&eager(&server)).await
    });
    drop(first);
    runtime().block_on(async {
        keys.refetch().await;
        assert!(
            verifier(&keys)
                .verify_or_refetch(&new_token(), NOW)
                .await
                .is_err()
        );
    });
}

#[test]
fn only_plain_web_addresses_are_fetched_from() {
    for url in [
        "",
        "/.well-known/jwks.json",
        "latchkey.example/jwks.json",
        "file:///etc/passwd",
        "ftp://latchkey.example/jwks.json",
        "data:application/json,{}",
        "https://user@latchkey.example/jwks.json",
        "https://user:password@latchkey.example/jwks.json",
    ] {
        assert_eq!(KeysConfig::new(url).map(|_| ()), Err(InvalidUrl), "{url}");
    }
    for url in [
        "http://localhost:8080/a",
        "https://latchkey.example/jwks.json",
        "http://[::1]/",
    ] {
        assert!(KeysConfig::new(url).is_ok(), "{url}");
    }
}
