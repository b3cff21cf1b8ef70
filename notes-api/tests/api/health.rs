//! `/health/…`

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Database, Feed, SigningKey, TestService};

#[actix_web::test]
async fn a_service_that_has_all_it_needs_is_ready() {
    let service = TestService::start();
    for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let answer = service.anonymous(Method::GET, path).send().await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.ok(), json!({"status": status}));
    }
}

#[actix_web::test]
async fn a_database_that_is_not_migrated_is_named() {
    let service = TestService::start_on(Database::not_migrated(), &[]);
    let answer = service.anonymous(Method::GET, "/health/ready").send().await;
    answer.assert_problem(503, "not_ready");
    assert_eq!(answer.errors(), [("schema", "missing")]);
    service.get("/notes").await.assert_unavailable();

    service.database().migrate();
    let answer = service.anonymous(Method::GET, "/health/ready").send().await;
    assert_eq!(answer.status, StatusCode::OK);
    service.create("Shopping", "").await;
}

#[actix_web::test]
async fn a_database_that_is_away_is_named() {
    let service = TestService::start();
    service.database().cut_off();
    let answer = service.anonymous(Method::GET, "/health/ready").send().await;
    answer.assert_problem(503, "not_ready");
    assert_eq!(answer.errors(), [("database", "missing")]);
    service
        .anonymous(Method::GET, "/health/live")
        .send()
        .await
        .ok();
    service.database().restore();
    service
        .anonymous(Method::GET, "/health/ready")
        .send()
        .await
        .ok();
}

#[actix_web::test]
async fn keys_that_never_came_are_named() {
    let service = TestService::start_without_issuer();
    let answer = service.anonymous(Method::GET, "/health/ready").send().await;
    answer.assert_problem(503, "not_ready");
    assert_eq!(answer.errors(), [("key_set", "missing")]);
    service.get("/notes").await.assert_unavailable();
    service
        .anonymous(Method::GET, "/health/live")
        .send()
        .await
        .ok();
}

/// A rolling upgrade: the auth server has no such document yet. Tokens verify nevertheless.
#[actix_web::test]
async fn a_service_whose_feed_is_down_is_ready_and_says_so() {
    let missing = Feed {
        status: 404,
        content_type: "application/problem+json",
        body: "{}".to_owned(),
    };
    let service = TestService::start_attentive(missing.clone());
    let ready = async || {
        let answer = service.anonymous(Method::GET, "/health/ready").send().await;
        answer.ok()
    };
    let reason = "the issuer answered with status 404";
    let degraded =
        json!({"status": "ready", "degraded": [{"part": "revocation_feed", "reason": reason}]});
    assert_eq!(ready().await, degraded);
    service.create("Shopping", "Milk").await;
    service
        .anonymous(Method::GET, "/health/live")
        .send()
        .await
        .ok();

    let good = Feed::of(&[], &[], SigningKey::published());
    service.issuer().publishes(good).await;
    assert_eq!(ready().await, json!({"status": "ready"}));

    // It is down when nothing was heard of it for a while.
    service.issuer().publishes(missing).await;
    assert_eq!(ready().await, json!({"status": "ready"}));
    while ready().await != degraded {
        service.issuer().is_polled(1).await;
    }
}
