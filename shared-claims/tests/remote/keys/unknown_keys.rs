//! Tokens that name a key which is not there (yet).

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared_claims::VerifyError;
use tokio::sync::Notify;

use super::{NOW, config, eager, new_keys, new_token, old_keys, old_token, ready, verifier};
use crate::support::{claims, encode};
use crate::web_server::{Answer, KEYS, WebServer};
use crate::{issuers, jwks, pass};

const COOLDOWN: Duration = Duration::from_secs(10);

/// A token that names a key which nobody has. It gets nowhere near a signature.
fn token_of_key(kid: &str) -> String {
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}).to_string();
    format!("{}.AA.AA", encode(header))
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it() {
    let server = WebServer::start(KEYS, old_keys()).await;
    let keys = ready(&config(&server)).await;
    let verifier = verifier(&keys);
    assert!(verifier.verify_or_refetch(&old_token(), NOW).await.is_ok());
    server.now_answers(new_keys());
    assert!(verifier.verify_or_refetch(&new_token(), NOW).await.is_ok());
    assert_eq!(server.hits(), 2);
    // The old key is gone, and with it the token that was remembered.
    assert_eq!(
        verifier.verify(&old_token(), NOW),
        Err(VerifyError::UnknownKey)
    );
}

#[tokio::test]
async fn all_who_wait_for_a_new_key_share_one_fetch() {
    let server = WebServer::start(KEYS, old_keys()).await;
    let keys = ready(&config(&server)).await;
    let verifier = verifier(&keys);
    let gate = Arc::new(Notify::new());
    let body = jwks(&issuers()[1]).to_string();
    server.now_answers(Answer::Gated {
        body,
        gate: gate.clone(),
    });
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), new_token());
            tokio::spawn(async move { verifier.verify_or_refetch(&token, NOW).await })
        })
        .collect();
    server.wait_for_hits(2).await;
    // One whose key is known does not wait with them.
    assert!(verifier.verify(&old_token(), NOW).is_ok());
    gate.notify_one();
    for one in waiting {
        assert!(one.await.unwrap().is_ok());
    }
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn made_up_keys_cost_one_fetch_per_cooldown() {
    let server = WebServer::start(KEYS, old_keys()).await;
    let keys = ready(&config(&server)).await;
    let verifier = verifier(&keys);
    let flood = async |round: usize| {
        let requests: Vec<_> = (0..10_000)
            .map(|n| {
                let verifier = verifier.clone();
                let token = token_of_key(&format!("{round}-{n}"));
                tokio::spawn(async move { verifier.verify_or_refetch(&token, NOW).await })
            })
            .collect();
        for request in requests {
            assert_eq!(request.await.unwrap(), Err(VerifyError::UnknownKey));
        }
        assert!(verifier.verify_or_refetch(&old_token(), NOW).await.is_ok());
    };
    for round in 1..=3 {
        flood(round).await;
        assert_eq!(server.hits(), 1 + round);
        flood(round).await;
        assert_eq!(server.hits(), 1 + round, "still cooling down");
        pass(COOLDOWN).await;
    }
}

#[tokio::test]
async fn a_token_never_makes_the_service_call_anybody() {
    let attacker = WebServer::start(KEYS, new_keys()).await;
    let server = WebServer::start(KEYS, old_keys()).await;
    let keys = ready(&eager(&server)).await;
    let verifier = verifier(&keys);
    let strangers_key = &jwks(&issuers()[1])["keys"][0];
    for kid in [&issuers()[0].kid, &issuers()[1].kid, &attacker.url()] {
        let header = json!({
            "alg": "RS256",
            "typ": "at+jwt",
            "kid": kid,
            "jku": attacker.url(),
            "x5u": attacker.url(),
            "jwk": strangers_key,
            "iss": format!("http://{}", attacker.address()),
        });
        let mut claims = claims(NOW);
        claims["iss"] = json!(format!("http://{}", attacker.address()));
        let token = issuers()[1].sign(&header.to_string(), claims.to_string());
        assert!(verifier.verify_or_refetch(&token, NOW).await.is_err());
    }
    assert_eq!(attacker.hits(), 0);
}
