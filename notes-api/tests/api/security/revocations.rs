//! Sessions that have ended and keys that were revoked: their tokens are refused, and no others.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Answer, Feed, SigningKey, TestService, claims_of, revocations};

const ENDED: &str = "018f6b6e-5c1a-7000-8000-0000000000e0";
const LIVE: &str = "018f6b6e-5c1a-7000-8000-0000000000a0";

/// A new token of this session.
fn token_of(sid: &str, key: &SigningKey) -> String {
    let mut claims = claims_of("ada");
    claims["sid"] = json!(sid);
    key.sign(&claims)
}

fn nothing() -> Feed {
    Feed::of(&[], &[], SigningKey::published())
}

fn ended() -> Feed {
    Feed::of(&[ENDED], &[], SigningKey::published())
}

async fn show(service: &TestService, token: &str) -> Answer {
    let call = service.anonymous(Method::GET, "/notes").bearer(token);
    call.send().await
}

#[track_caller]
fn assert_session_revoked(answer: &Answer) {
    answer.assert_problem(401, "session_revoked");
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer realm="notes-api", error="invalid_token", error_description="the session has ended""#
    );
}

/// R08: a token that was just let in is refused after the next poll, and so is one that is new.
#[actix_web::test]
async fn an_ended_session_is_refused_and_no_other() {
    let service = TestService::start_attentive(nothing());
    let [gone, kept] = [ENDED, LIVE].map(|sid| token_of(sid, SigningKey::published()));
    for token in [&gone, &kept, &gone, &kept] {
        show(&service, token).await.ok();
    }
    service.issuer().publishes(ended()).await;
    for token in [&gone, &token_of(ENDED, SigningKey::published())] {
        assert_session_revoked(&show(&service, token).await);
        for (method, path) in [
            (Method::POST, "/notes"),
            (Method::GET, "/notes/018f6b6e-5c1a-7000-8000-000000000000"),
            (Method::PUT, "/notes/018f6b6e-5c1a-7000-8000-000000000000"),
            (
                Method::DELETE,
                "/notes/018f6b6e-5c1a-7000-8000-000000000000",
            ),
        ] {
            let call = service.anonymous(method, path).bearer(token);
            let call = call.json(&json!({"title": "a", "body": "b"}));
            assert_session_revoked(&call.send().await);
        }
    }
    for token in [&kept, &token_of(LIVE, SigningKey::published())] {
        show(&service, token).await.ok();
    }
    assert!(service.database().notes().is_empty());

    // What has ended does not come back.
    service.issuer().publishes(nothing()).await;
    assert_session_revoked(&show(&service, &gone).await);
}

/// A replica that is started again lets nobody in whom the others refuse.
#[actix_web::test]
async fn a_session_that_ended_before_the_start_is_refused_from_the_first_request_on() {
    let service = TestService::start_attentive(ended());
    let token = token_of(ENDED, SigningKey::published());
    assert_session_revoked(&show(&service, &token).await);
}

/// R24: the key is still in the key set that this service holds.
#[actix_web::test]
async fn tokens_of_a_revoked_key_are_refused_and_nobody_is_asked_about_them() {
    let service = TestService::start_attentive(nothing());
    let stolen = token_of(LIVE, SigningKey::published());
    show(&service, &stolen).await.ok();
    let kids = [SigningKey::published().kid()];
    let emergency = Feed::of(&[], &kids, SigningKey::next());
    service.issuer().publishes(emergency).await;
    let hits = service.hits();
    for token in [&stolen, &token_of(LIVE, SigningKey::published())] {
        show(&service, token).await.assert_invalid_token();
    }
    assert_eq!(service.hits(), hits);
    show(&service, &token_of(LIVE, SigningKey::next()))
        .await
        .ok();

    // With the stolen key nobody can say that the others were stolen, too.
    let kids = [SigningKey::next().kid()];
    let forged = Feed::of(&[LIVE], &kids, SigningKey::published());
    service.issuer().publishes(forged).await;
    show(&service, &token_of(LIVE, SigningKey::next()))
        .await
        .ok();
}

/// None of these takes anything away, adds anything, or is in the way of anyone.
#[actix_web::test]
async fn a_feed_that_cannot_be_believed_changes_nothing() {
    let service = TestService::start_attentive(ended());
    let [gone, kept] = [ENDED, LIVE].map(|sid| token_of(sid, SigningKey::published()));
    let key = SigningKey::published();
    let good = Feed::of(&[LIVE], &[key.kid()], key);
    let (unsigned, _) = good.body.rsplit_once('.').unwrap();
    let claims = |member: &str, value| {
        let mut claims = revocations(&[LIVE], &[key.kid()]);
        claims[member] = value;
        claims
    };
    let signed = |claims| Feed::document(key.sign_as("revocations+jwt", &claims));
    let iat = revocations(&[], &[])["iat"].as_u64().unwrap();
    let expired = {
        let mut claims = claims("iat", json!(iat - 400));
        claims["exp"] = json!(iat - 100);
        claims
    };
    for (fault, feed) in [
        (
            "away",
            Feed {
                status: 503,
                ..good.clone()
            },
        ),
        (
            "a page",
            Feed {
                content_type: "text/html",
                ..good.clone()
            },
        ),
        ("garbage", Feed::document("<!doctype html>".to_owned())),
        ("empty", Feed::document(String::new())),
        ("unsigned", Feed::document(format!("{unsigned}."))),
        (
            "signed by nobody",
            Feed::of(&[LIVE], &[key.kid()], SigningKey::unknown()),
        ),
        (
            "another type",
            Feed::document(key.sign_as("JWT", &revocations(&[LIVE], &[key.kid()]))),
        ),
        ("an access token", Feed::document(kept.clone())),
        (
            "another issuer",
            signed(claims("iss", json!("http://elsewhere"))),
        ),
        ("half a document", signed(claims("sessions", json!(null)))),
        ("expired", signed(expired)),
        ("of the future", signed(claims("iat", json!(iat + 60)))),
    ] {
        service.issuer().publishes(feed).await;
        assert_session_revoked(&show(&service, &gone).await);
        let answer = show(&service, &kept).await;
        assert_eq!(answer.status, StatusCode::OK, "{fault}");
    }
    // An older document may add, never remove.
    let mut older = revocations(&[LIVE], &[]);
    older["iat"] = json!(iat - 120);
    service.issuer().publishes(signed(older)).await;
    for token in [&gone, &kept] {
        assert_session_revoked(&show(&service, token).await);
    }
}

/// With the feed down, what is known stays known; with it back, the rest is learned.
#[actix_web::test]
async fn a_feed_that_was_away_is_caught_up_with() {
    let mut service = TestService::start_attentive(ended());
    let gone = token_of(ENDED, SigningKey::published());
    let away = Feed {
        status: 502,
        ..nothing()
    };
    service.issuer().publishes(away).await;
    assert_session_revoked(&show(&service, &gone).await);
    let both = Feed::of(&[ENDED, LIVE], &[], SigningKey::published());
    service.issuer().publishes(both).await;
    let kept = token_of(LIVE, SigningKey::published());
    for token in [&gone, &kept] {
        assert_session_revoked(&show(&service, token).await);
    }
    service.stop_issuer();
    assert_session_revoked(&show(&service, &gone).await);
}

#[actix_web::test]
async fn a_service_can_do_without_the_feed() {
    let service = TestService::start_with(&["--revocations", "off"]);
    show(&service, &token_of(ENDED, SigningKey::published()))
        .await
        .ok();
    let ready = service.anonymous(Method::GET, "/health/ready").send().await;
    assert_eq!(ready.ok(), json!({"status": "ready"}));
    assert_eq!(service.issuer().polls(), 0);
}
