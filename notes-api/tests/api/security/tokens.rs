//! Access tokens. The verifier's own tests have a row for each attack on a token; here are those
//! that show how this service has set it up.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{SigningKey, TestService, claims_of};

/// All calls for notes, as method and path.
const CALLS: [(Method, &str); 5] = [
    (Method::GET, "/notes"),
    (Method::POST, "/notes"),
    (Method::GET, "/notes/019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b"),
    (Method::PUT, "/notes/019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b"),
    (
        Method::DELETE,
        "/notes/019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b",
    ),
];

/// R52: without a token there is nothing but the challenge, whatever else is wrong.
#[actix_web::test]
async fn without_a_token_there_is_only_the_challenge() {
    let service = TestService::start();
    for (method, path) in CALLS {
        let bare = service.anonymous(method.clone(), path);
        let other_scheme = service
            .anonymous(method.clone(), path)
            .header("authorization", "Basic YWRhOmFkYQ==");
        let malformed = service
            .anonymous(method.clone(), path)
            .header("if-match", "x")
            .body("text/plain", "{");
        for call in [bare, other_scheme, malformed] {
            let answer = call.send().await;
            answer.assert_problem(401, "missing_token");
            assert_eq!(
                answer.header("www-authenticate"),
                r#"Bearer realm="notes-api""#
            );
        }
    }
}

/// R52: tokens in the URL, in a form or in a cookie that was not agreed on are no tokens.
#[actix_web::test]
async fn a_token_is_taken_from_the_header_alone() {
    let service = TestService::start();
    let token = TestService::token("ada");
    let in_query = service.anonymous(Method::GET, &format!("/notes?access_token={token}"));
    in_query.send().await.assert_problem(401, "missing_token");
    let in_form = service.anonymous(Method::POST, "/notes").body(
        "application/x-www-form-urlencoded",
        format!("access_token={token}"),
    );
    in_form.send().await.assert_problem(401, "missing_token");
    let in_cookie = service
        .anonymous(Method::GET, "/notes")
        .header("cookie", &format!("__Host-access_token={token}"));
    in_cookie.send().await.assert_problem(401, "missing_token");
}

#[actix_web::test]
async fn an_unreadable_authorization_header_is_a_bad_request() {
    let service = TestService::start();
    let token = TestService::token("ada");
    for value in [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        &format!("Bearer {token},{token}"),
    ] {
        let call = service
            .anonymous(Method::GET, "/notes")
            .header("authorization", value);
        let answer = call.send().await;
        answer.assert_problem(400, "invalid_request");
        assert!(
            answer
                .header("www-authenticate")
                .contains(r#"error="invalid_request""#)
        );
    }
    let twice = service
        .call(Method::GET, "/notes")
        .header("authorization", "Bearer x");
    twice.send().await.assert_problem(400, "invalid_request");
}

/// R11, R17, R18 and others, as this service has them set.
#[actix_web::test]
async fn tokens_that_are_not_for_this_service_now_are_refused() {
    let service = TestService::start();
    let good = claims_of("ada");
    let issued = good["iat"].as_u64().unwrap();
    let changed = |changes: Value| {
        let mut claims = good.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        SigningKey::published().sign(&claims)
    };
    let own = changed(json!({}));
    let (signed, signature) = own.rsplit_once('.').unwrap();
    let refused = [
        changed(json!({"iss": "http://localhost:8081"})),
        changed(json!({"iss": "http://localhost:8080/"})),
        changed(json!({"aud": ["auth-server"]})),
        changed(json!({"aud": "notes-api"})),
        changed(json!({"iat": issued - 960, "exp": issued - 60})),
        changed(json!({"iat": issued + 60, "exp": issued + 960})),
        changed(json!({"exp": issued + 3_601})),
        changed(json!({"sub": ""})),
        changed(json!({"sub": null})),
        SigningKey::unknown().sign(&good),
        format!("{signed}."),
        format!(
            "{signed}.{}",
            signature.replace(|c: char| c.is_ascii_digit(), "A")
        ),
        signed.to_owned(),
        "a.b.c".to_owned(),
    ];
    for token in refused {
        for (method, path) in CALLS {
            let call = service.anonymous(method, path).bearer(&token);
            call.send().await.assert_invalid_token();
        }
    }
    let call = service.anonymous(Method::GET, "/notes").bearer(&own);
    call.send().await.ok();
}

/// Whatever an issuer calls its people, as long as it can be kept.
#[actix_web::test]
async fn a_subject_has_any_form_within_bounds() {
    let service = TestService::start();
    for subject in [
        "1",
        "auth0|5f7c8ec7c33c6c004bbafe82",
        "ü 日本",
        &"a".repeat(255),
    ] {
        let note = service.create_as(subject, "mine", "").await;
        assert_eq!(note["title"], "mine");
        assert_eq!(service.database().notes().last().unwrap()["owner"], subject);
    }
    for subject in ["a\0b", &"a".repeat(256)] {
        for (method, path) in CALLS {
            let call = service
                .anonymous(method, path)
                .bearer(&TestService::token(subject));
            call.send().await.assert_invalid_token();
        }
    }
}

/// R23: made-up key names cause one more look at the key set, not one each, and disturb nobody.
#[actix_web::test]
async fn unknown_keys_do_not_make_the_service_ask_for_each() {
    let service = TestService::start();
    let hits = service.hits();
    for _ in 0..200 {
        let token = SigningKey::unknown().sign(&claims_of("ada"));
        let call = service.anonymous(Method::GET, "/notes").bearer(&token);
        call.send().await.assert_invalid_token();
    }
    assert!(service.hits() <= hits + 1);
    service.get("/notes").await.ok();
}
