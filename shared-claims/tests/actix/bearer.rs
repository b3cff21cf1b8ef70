//! The table of RFC 6750 §3.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::header::HeaderValue;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use serde_json::json;
use shared_claims::actix::{Authenticator, refused};
use shared_claims::{
    KeySet, KeySource, LocalKeys, LocalRevocations, Policy, RevocationClaims, Revocations,
    Verifier, VerifyError,
};

use crate::support::{AUDIENCE, ISSUER, claims, encode};
use crate::{
    Answer, COOKIE, answer, authenticator, bearing, by_header, good_token, issuer, now, subject,
    token_with,
};

#[actix_web::test]
async fn a_good_token_is_let_in() {
    let token = good_token();
    for scheme in ["Bearer ", "bearer ", "BEARER ", "Bearer   "] {
        by_header(bearing(&format!("{scheme}{token}")))
            .await
            .is_the_subject();
    }
}

#[actix_web::test]
async fn no_token_is_answered_with_the_bare_challenge() {
    let token = good_token();
    let nothing = || TestRequest::get().uri("/subject");
    let form = format!("access_token={token}");
    for request in [
        nothing(),
        nothing().append_header(("Authorization", "Basic YWRhOmxvdmVsYWNl")),
        nothing().append_header(("Authorization", "")),
        nothing().append_header(("X-Authorization", format!("Bearer {token}"))),
        nothing().append_header(("Proxy-Authorization", format!("Bearer {token}"))),
        nothing().append_header(("Cookie", format!("{COOKIE}={token}"))),
        TestRequest::get().uri(&format!("/subject?access_token={token}")),
        TestRequest::post()
            .uri("/subject")
            .append_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(form),
    ] {
        let challenge = Some(r#"Bearer realm="notes-api""#);
        by_header(request)
            .await
            .is_problem(401, "missing_token", challenge);
    }
}

#[actix_web::test]
async fn a_malformed_request_is_a_bad_one() {
    let token = good_token();
    let twice = bearing(&format!("Bearer {token}"))
        .append_header(("Authorization", format!("Bearer {token}")));
    let mixed = bearing("Basic YWRhOmxvdmVsYWNl")
        .append_header(("Authorization", format!("Bearer {token}")));
    for request in [twice, mixed] {
        let challenge = concat!(
            r#"Bearer realm="notes-api", error="invalid_request", "#,
            r#"error_description="there is more than one Authorization header""#
        );
        by_header(request)
            .await
            .is_problem(400, "invalid_request", Some(challenge));
    }
    for credentials in [
        "Bearer".to_owned(),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},"),
        format!("Bearer \"{token}\""),
        format!("Bearer\t{token}"),
        "Bearer =".to_owned(),
        "Bearer a=b".to_owned(),
        "Bearer <token>".to_owned(),
    ] {
        let answer = by_header(bearing(&credentials)).await;
        if credentials.contains('\t') {
            // Another scheme, by the grammar of RFC 9110 §11.4.
            assert_eq!(answer.problem(), (401, "missing_token".into()));
        } else {
            assert_eq!(
                answer.problem(),
                (400, "invalid_request".into()),
                "{credentials}"
            );
        }
    }
    // What is no text is no bearer token either; under another scheme it is no concern of ours.
    for (bytes, problem) in [
        (b"Bearer \xe9".as_slice(), (400, "invalid_request")),
        (b"Basic \xe9", (401, "missing_token")),
    ] {
        let latin1 = HeaderValue::from_bytes(bytes).unwrap();
        let request = TestRequest::get()
            .uri("/subject")
            .append_header(("Authorization", latin1));
        let (status, code) = problem;
        assert_eq!(by_header(request).await.problem(), (status, code.into()));
    }
}

#[actix_web::test]
async fn a_bad_token_is_answered_with_its_reason() {
    for (token, reason) in [
        ("x".to_owned(), "the token is malformed"),
        ("x".repeat(9000), "the token is too long"),
        (
            format!("{}AAAA", good_token()),
            "the signature of the token is invalid",
        ),
        (issuer().mint(&claims(now() - 906)), "the token has expired"),
        (
            token_with("aud", json!(["billing"])),
            "the token is for another audience",
        ),
        (
            token_with("exp", json!("soon")),
            "the claims of the token are missing or mistyped",
        ),
        (
            issuer().sign(r#"{"alg":"RS256","typ":"at+jwt","kid":"x"}"#, "{}"),
            "the token is signed with an unknown key",
        ),
    ] {
        let challenge = format!(
            r#"Bearer realm="notes-api", error="invalid_token", error_description="{reason}""#
        );
        let answer = by_header(bearing(&format!("Bearer {token}"))).await;
        answer.is_problem(401, "invalid_token", Some(&challenge));
        assert!(answer.body.contains(reason));
    }
}

#[actix_web::test]
async fn a_token_of_a_revoked_session_has_a_code_of_its_own() {
    let token = good_token();
    let answer = answer(
        revoking(|claims| &mut claims.sessions, &sid()),
        by_bearer(&token),
    )
    .await;
    let challenge = concat!(
        r#"Bearer realm="notes-api", error="invalid_token", "#,
        r#"error_description="the session has ended""#
    );
    answer.is_problem(401, "session_revoked", Some(challenge));
    assert!(answer.body.contains("the session has ended"));
    let by_hand = refused(AUDIENCE, VerifyError::SessionRevoked).into_response();
    assert_eq!(
        by_hand.headers().get("www-authenticate").unwrap(),
        challenge
    );
}

#[actix_web::test]
async fn a_token_of_a_revoked_key_is_an_invalid_one() {
    let token = good_token();
    let answer = answer(
        revoking(|claims| &mut claims.keys, &issuer().kid),
        by_bearer(&token),
    )
    .await;
    let challenge = concat!(
        r#"Bearer realm="notes-api", error="invalid_token", "#,
        r#"error_description="the token is signed with a revoked key""#
    );
    answer.is_problem(401, "invalid_token", Some(challenge));
}

fn by_bearer(token: &str) -> TestRequest {
    bearing(&format!("Bearer {token}"))
}

fn sid() -> String {
    claims(now())["sid"].as_str().unwrap().to_owned()
}

/// An authenticator that knows this one entry of these to be revoked.
fn revoking(
    entries: fn(&mut RevocationClaims) -> &mut BTreeMap<String, i64>,
    id: &str,
) -> Authenticator {
    let mut revoked = RevocationClaims::default();
    entries(&mut revoked).insert(id.to_owned(), now() + 900);
    let revocations = LocalRevocations::new(Revocations::from(&revoked));
    let keys = Arc::new(LocalKeys::new(issuer().key_set()));
    let verifier = Verifier::new(Policy::new(ISSUER, AUDIENCE), keys);
    Authenticator::new(verifier.with_revocations(Arc::new(revocations)))
}

#[actix_web::test]
async fn a_token_without_the_scope_is_forbidden() {
    let write = |token: String| {
        TestRequest::post()
            .uri("/write")
            .append_header(("Authorization", format!("Bearer {token}")))
    };
    by_header(write(good_token())).await.is_the_subject();
    for scope in ["notes:read", "", "notes:write2 notes", "NOTES:WRITE"] {
        let challenge = concat!(
            r#"Bearer realm="notes-api", error="insufficient_scope", "#,
            r#"error_description="this needs the scope notes:write", scope="notes:write""#
        );
        let answer = by_header(write(token_with("scope", json!(scope)))).await;
        answer.is_problem(403, "insufficient_scope", Some(challenge));
    }
    let expired = issuer().mint(&claims(now() - 1000));
    assert_eq!(
        by_header(write(expired)).await.problem(),
        (401, "invalid_token".into())
    );
}

#[actix_web::test]
async fn without_keys_the_service_is_unavailable() {
    let request = bearing(&format!("Bearer {}", good_token()));
    let answer = answer(authenticator(KeySet::default()), request).await;
    answer.is_problem(503, "unavailable", None);
    assert_eq!(answer.header("retry-after"), Some("5"));
}

#[actix_web::test]
async fn without_an_authenticator_nobody_is_let_in() {
    let app = init_service(App::new().route("/subject", web::to(subject))).await;
    let request = bearing(&format!("Bearer {}", good_token())).to_request();
    let answer = Answer::of(call_service(&app, request).await).await;
    answer.is_problem(500, "internal_error", None);
}

#[actix_web::test]
async fn a_realm_that_no_header_can_carry_is_left_out() {
    for audience in ["notes\"", "notes\\", "nötes", "notes\n", ""] {
        let keys = Arc::new(LocalKeys::new(issuer().key_set()));
        let verifier = || Verifier::new(Policy::new(ISSUER, audience), keys.clone());
        let bare = answer(
            Authenticator::new(verifier()),
            TestRequest::with_uri("/subject"),
        )
        .await;
        bare.is_problem(401, "missing_token", Some("Bearer"));
        let bad = answer(Authenticator::new(verifier()), bearing("Bearer x")).await;
        let challenge =
            r#"Bearer error="invalid_token", error_description="the token is malformed""#;
        bad.is_problem(401, "invalid_token", Some(challenge));
    }
}

/// An unknown key is a reason to ask for newer ones. What is no bearer token at all is none, whatever its
/// header says.
#[actix_web::test]
async fn newer_keys_are_asked_for_on_account_of_bearer_tokens_only() {
    let header = encode(r#"{"alg":"RS256","typ":"at+jwt","kid":"x"}"#);
    for (token, status, asked) in [
        (format!("{header}.e30.e30"), 401, 1),
        (format!("{header}.\"{{}}\".e30"), 400, 0),
    ] {
        let source = Arc::new(Asked::default());
        let verifier = Verifier::new(Policy::new(ISSUER, AUDIENCE), source.clone());
        let answer = answer(
            Authenticator::new(verifier),
            bearing(&format!("Bearer {token}")),
        )
        .await;
        assert_eq!(answer.problem().0, status, "{token}");
        assert_eq!(source.0.load(Ordering::Relaxed), asked, "{token}");
    }
}

/// Keys of nobody who asks, and how often newer ones were asked for.
#[derive(Default)]
struct Asked(AtomicUsize);

impl KeySource for Asked {
    fn current(&self) -> Option<Arc<KeySet>> {
        Some(Arc::new(issuer().key_set()))
    }

    fn refetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(ready(()))
    }
}
