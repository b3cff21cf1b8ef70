//! Tokens of sessions and keys that were revoked: refused at once, remembered or not.

use std::sync::Arc;

use serde_json::json;
use shared_claims::{
    KeySet, LocalKeys, LocalRevocations, Policy, RevocationClaims, Revocations, Verifier,
    VerifyError,
};

use crate::support::{AUDIENCE, ISSUER};
use crate::{NOW, claims, claims_with, issuer, stranger};

struct Setup {
    keys: Arc<LocalKeys>,
    revocations: Arc<LocalRevocations>,
    verifier: Verifier,
}

fn setup() -> Setup {
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    let revocations = Arc::new(LocalRevocations::default());
    let verifier = Verifier::new(Policy::new(ISSUER, AUDIENCE), keys.clone())
        .with_revocations(revocations.clone());
    Setup {
        keys,
        revocations,
        verifier,
    }
}

fn revoked(sids: &[&str], kids: &[&str]) -> Revocations {
    let entries = |ids: &[&str]| ids.iter().map(|id| ((*id).to_owned(), NOW + 900)).collect();
    Revocations::from(&RevocationClaims {
        sessions: entries(sids),
        keys: entries(kids),
        ..RevocationClaims::default()
    })
}

fn sid() -> String {
    claims()["sid"].as_str().unwrap().to_owned()
}

#[test]
fn tokens_of_a_revoked_session_are_refused() {
    let Setup {
        revocations,
        verifier,
        ..
    } = setup();
    let (seen, unseen) = (
        issuer().mint(&claims()),
        issuer().mint(&claims_with("jti", json!("another"))),
    );
    let others = issuer().mint(&claims_with("sid", json!("another")));
    assert!(verifier.verify(&seen, NOW).is_ok());
    assert!(verifier.verify(&others, NOW).is_ok());
    revocations.replace(revoked(&[&sid()], &[]));
    for token in [&seen, &unseen] {
        assert_eq!(
            verifier.verify(token, NOW),
            Err(VerifyError::SessionRevoked)
        );
    }
    assert!(verifier.verify(&others, NOW).is_ok());
}

#[test]
fn only_a_good_token_is_told_that_its_session_has_ended() {
    let Setup {
        revocations,
        verifier,
        ..
    } = setup();
    revocations.replace(revoked(&[&sid()], &[]));
    let token = issuer().mint(&claims());
    assert_eq!(
        verifier.verify(&token, NOW + 900),
        Err(VerifyError::Expired)
    );
    let strange = issuer().mint(&claims_with("aud", json!(["billing"])));
    assert_eq!(
        verifier.verify(&strange, NOW),
        Err(VerifyError::WrongAudience)
    );
}

#[test]
fn tokens_of_a_revoked_key_are_refused_while_it_is_published_and_afterwards() {
    let Setup {
        keys,
        revocations,
        verifier,
    } = setup();
    let (seen, unseen) = (
        issuer().mint(&claims()),
        issuer().mint(&claims_with("jti", json!("another"))),
    );
    assert!(verifier.verify(&seen, NOW).is_ok());
    revocations.replace(revoked(&[], &[&issuer().kid]));
    let gone: KeySet = stranger().key_set();
    for keys_now in [issuer().key_set(), gone] {
        keys.replace(keys_now);
        for token in [&seen, &unseen] {
            assert_eq!(verifier.verify(token, NOW), Err(VerifyError::KeyRevoked));
        }
    }
    let by_another_key = stranger().mint(&claims());
    assert!(verifier.verify(&by_another_key, NOW).is_ok());
}
