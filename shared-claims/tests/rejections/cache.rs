//! What the cache of verified tokens must not forget to check.

use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use shared_claims::{
    AccessClaims, CacheStatus, KeySet, KeySource, LocalKeys, Policy, VerifiedClaims, Verifier,
    VerifyError,
};

use crate::support::{AUDIENCE, ISSUER};
use crate::{NOW, claims, claims_with, header_with, issuer, stranger};

fn verifier_of(keys: &Arc<LocalKeys>) -> Verifier {
    Verifier::new(Policy::new(ISSUER, AUDIENCE), keys.clone())
}

/// Whether both are of one verification.
fn is_shared(one: &VerifiedClaims, other: &VerifiedClaims) -> bool {
    ptr::eq::<AccessClaims>(&raw const **one, &raw const **other)
}

#[test]
fn a_repeated_token_is_not_verified_again() {
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    let token = issuer().mint(&claims());
    let remembers = verifier_of(&keys);
    let first = remembers.verify(&token, NOW).unwrap();
    assert!(is_shared(&first, &remembers.verify(&token, NOW).unwrap()));

    let forgets = verifier_of(&keys).with_cache_capacity(0);
    let first = forgets.verify(&token, NOW).unwrap();
    assert!(!is_shared(&first, &forgets.verify(&token, NOW).unwrap()));
}

#[test]
fn the_cache_tells_how_often_it_spared_a_signature() {
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    let verifier = verifier_of(&keys).with_cache_capacity(8);
    let token = issuer().mint(&claims());
    for token in [&token, &token, &token, "a.b.c"] {
        let _ = verifier.verify(token, NOW);
    }
    let status = verifier.cache_status();
    assert_eq!((status.hits, status.misses, status.entries), (2, 2, 1));
    assert!(status.capacity >= 8);

    let forgets = verifier_of(&keys).with_cache_capacity(0);
    assert!(forgets.verify(&token, NOW).is_ok());
    assert_eq!(forgets.cache_status(), CacheStatus::default());
}

#[test]
fn a_remembered_token_expires() {
    let verifier = verifier_of(&Arc::new(LocalKeys::new(issuer().key_set())));
    let token = issuer().mint(&claims_with("nbf", json!(NOW)));
    assert!(verifier.verify(&token, NOW).is_ok());
    assert_eq!(
        verifier.verify(&token, NOW + 900),
        Err(VerifyError::Expired)
    );
    assert_eq!(
        verifier.verify(&token, NOW - 6),
        Err(VerifyError::NotYetValid)
    );
    assert_eq!(
        verifier.verify(&token, NOW - 66),
        Err(VerifyError::NotYetValid)
    );
    assert!(verifier.verify(&token, NOW).is_ok());
}

#[test]
fn a_remembered_token_falls_with_its_key() {
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    let verifier = verifier_of(&keys);
    let token = issuer().mint(&claims());
    assert!(verifier.verify(&token, NOW).is_ok());
    keys.replace(stranger().key_set());
    assert_eq!(verifier.verify(&token, NOW), Err(VerifyError::UnknownKey));
    keys.replace(KeySet::default());
    assert_eq!(
        verifier.verify(&token, NOW),
        Err(VerifyError::KeysUnavailable)
    );
    keys.replace(issuer().key_set());
    assert!(verifier.verify(&token, NOW).is_ok());
}

#[test]
fn a_remembered_token_falls_when_another_key_takes_the_name() {
    let published = |issuer: &crate::support::Issuer| {
        let mut jwks = serde_json::to_value(issuer.key_set().to_jwks()).unwrap();
        jwks["keys"][0]["kid"] = json!("the-key");
        KeySet::from_jwks(jwks.to_string().as_bytes()).unwrap()
    };
    let keys = Arc::new(LocalKeys::new(published(issuer())));
    let verifier = verifier_of(&keys);
    let header = header_with("kid", json!("the-key")).to_string();
    let token = issuer().sign(&header, claims().to_string());
    assert!(verifier.verify(&token, NOW).is_ok());
    keys.replace(published(stranger()));
    assert_eq!(verifier.verify(&token, NOW), Err(VerifyError::BadSignature));
}

#[test]
fn the_same_key_fetched_again_keeps_what_is_remembered() {
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    let verifier = verifier_of(&keys);
    let token = issuer().mint(&claims());
    let first = verifier.verify(&token, NOW).unwrap();
    let document = serde_json::to_vec(&issuer().key_set().to_jwks()).unwrap();
    keys.replace(KeySet::from_jwks(&document).unwrap());
    assert!(is_shared(&first, &verifier.verify(&token, NOW).unwrap()));
}

#[test]
fn a_failure_is_not_remembered() {
    let keys = Arc::new(LocalKeys::new(stranger().key_set()));
    let verifier = verifier_of(&keys);
    let token = issuer().mint(&claims());
    assert_eq!(verifier.verify(&token, NOW), Err(VerifyError::UnknownKey));
    keys.replace(issuer().key_set());
    assert!(verifier.verify(&token, NOW).is_ok());
    let early = issuer().mint(&claims_with("nbf", json!(NOW + 60)));
    assert_eq!(verifier.verify(&early, NOW), Err(VerifyError::NotYetValid));
    assert!(verifier.verify(&early, NOW + 60).is_ok());
}

#[test]
fn the_signature_is_part_of_what_is_remembered() {
    let verifier = verifier_of(&Arc::new(LocalKeys::new(issuer().key_set())));
    let token = issuer().mint(&claims());
    assert!(verifier.verify(&token, NOW).is_ok());
    let (input, _) = token.rsplit_once('.').unwrap();
    assert_eq!(
        verifier.verify(&format!("{input}.AAAA"), NOW),
        Err(VerifyError::BadSignature)
    );
}

#[test]
fn the_cache_is_bounded() {
    let verifier =
        verifier_of(&Arc::new(LocalKeys::new(issuer().key_set()))).with_cache_capacity(8);
    let tokens: Vec<String> = (0..32)
        .map(|n| issuer().mint(&claims_with("jti", json!(n.to_string()))))
        .collect();
    for token in tokens.iter().chain(&tokens) {
        assert!(verifier.verify(token, NOW).is_ok());
    }
    let claims: Vec<_> = tokens
        .iter()
        .map(|token| verifier.verify(token, NOW).unwrap())
        .collect();
    // From the last one on, since what is not remembered takes the place of something that is.
    let again = tokens.iter().zip(&claims).rev();
    let remembered = again
        .filter(|(token, claims)| is_shared(claims, &verifier.verify(token, NOW).unwrap()))
        .count();
    assert!((1..=8).contains(&remembered), "{remembered}");
}

/// A source that learns of the issuer's key only when it is asked to.
#[derive(Default)]
struct Late {
    keys: LocalKeys,
    asked: AtomicUsize,
}

impl KeySource for Late {
    fn current(&self) -> Option<Arc<KeySet>> {
        self.keys.current()
    }

    fn refetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.keys.replace(issuer().key_set());
        })
    }
}

#[tokio::test]
async fn newer_keys_are_asked_for_when_the_key_is_unknown_and_only_then() {
    let source = Arc::new(Late::default());
    source.keys.replace(stranger().key_set());
    let verifier = Verifier::new(Policy::new(ISSUER, AUDIENCE), source.clone());
    let strange = stranger().mint(&claims_with("aud", json!(["billing"])));
    assert_eq!(
        verifier.verify_or_refetch(&strange, NOW).await,
        Err(VerifyError::WrongAudience)
    );
    assert_eq!(
        verifier.verify_or_refetch("rubbish", NOW).await,
        Err(VerifyError::Malformed)
    );
    assert_eq!(source.asked.load(Ordering::Relaxed), 0);

    assert!(
        verifier
            .verify_or_refetch(&issuer().mint(&claims()), NOW)
            .await
            .is_ok()
    );
    assert_eq!(source.asked.load(Ordering::Relaxed), 1);

    let nobodys = issuer().sign(&header_with("kid", json!("nobody")).to_string(), "{}");
    assert_eq!(
        verifier.verify_or_refetch(&nobodys, NOW).await,
        Err(VerifyError::UnknownKey)
    );
    assert_eq!(source.asked.load(Ordering::Relaxed), 2);
}
