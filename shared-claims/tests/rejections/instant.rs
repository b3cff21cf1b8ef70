//! Time: the boundaries, to the second.

use std::time::Duration;

use serde_json::{Value, json};
use shared_claims::VerifyError;

use crate::{NOW, accepted, claims, claims_with, issuer, refused, verifier};

fn lasting(iat: i64, exp: i64) -> Value {
    let mut claims = claims_with("iat", json!(iat));
    claims["exp"] = json!(exp);
    claims
}

#[test]
fn an_expired_token_is_refused_after_five_seconds() {
    accepted(
        "expired 4 seconds ago",
        &issuer().mint(&claims_with("exp", json!(NOW - 4))),
    );
    for ago in [5, 6, 60, 900] {
        let token = issuer().mint(&lasting(NOW - 1000, NOW - ago));
        refused("expired", &token, VerifyError::Expired);
    }
}

#[test]
fn not_before_is_honoured() {
    for ahead in [-60, 0, 5] {
        accepted(
            "nbf",
            &issuer().mint(&claims_with("nbf", json!(NOW + ahead))),
        );
    }
    for ahead in [6, 60, 3600] {
        let token = issuer().mint(&claims_with("nbf", json!(NOW + ahead)));
        refused("nbf", &token, VerifyError::NotYetValid);
    }
}

#[test]
fn a_token_from_the_future_is_refused() {
    accepted("iat", &issuer().mint(&lasting(NOW + 5, NOW + 900)));
    for ahead in [6, 60] {
        let token = issuer().mint(&lasting(NOW + ahead, NOW + 900));
        refused("iat", &token, VerifyError::IssuedInFuture);
    }
}

#[test]
fn a_token_lives_an_hour_at_most() {
    accepted("an hour", &issuer().mint(&lasting(NOW - 10, NOW + 3590)));
    for exp in [NOW + 3591, NOW + 86_400, NOW + 315_360_000, 253_402_300_799] {
        let token = issuer().mint(&lasting(NOW - 10, exp));
        refused("over-long", &token, VerifyError::LifetimeTooLong);
    }
    refused(
        "since 1970",
        &issuer().mint(&lasting(0, NOW + 1)),
        VerifyError::LifetimeTooLong,
    );
}

#[test]
fn a_token_ends_after_it_begins() {
    accepted("a second", &issuer().mint(&lasting(NOW, NOW + 1)));
    for exp in [NOW, NOW - 1] {
        refused(
            "backwards",
            &issuer().mint(&lasting(NOW, exp)),
            VerifyError::InvalidClaims,
        );
    }
}

#[test]
fn clocks_at_the_ends_of_time_do_not_overflow() {
    let token = issuer().mint(&claims());
    assert_eq!(
        verifier().verify(&token, i64::MAX),
        Err(VerifyError::Expired)
    );
    assert_eq!(
        verifier().verify(&token, i64::MIN),
        Err(VerifyError::IssuedInFuture)
    );
}

#[test]
fn the_policy_sets_the_bounds() {
    let keys = std::sync::Arc::new(shared_claims::LocalKeys::new(issuer().key_set()));
    let policy = verifier().policy().clone();
    let policy = policy
        .with_leeway(Duration::ZERO)
        .with_max_lifetime(Duration::from_secs(60));
    let verifier = shared_claims::Verifier::new(policy, keys);
    let verify = |iat, exp| {
        verifier
            .verify(&issuer().mint(&lasting(iat, exp)), NOW)
            .err()
    };
    assert_eq!(verify(NOW, NOW + 60), None);
    assert_eq!(verify(NOW, NOW + 61), Some(VerifyError::LifetimeTooLong));
    assert_eq!(verify(NOW - 60, NOW), Some(VerifyError::Expired));
    assert_eq!(verify(NOW + 1, NOW + 60), Some(VerifyError::IssuedInFuture));
}
