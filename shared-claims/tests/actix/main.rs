//! The answers of RFC 6750 and RFC 9457, through actix-web.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bearer;
mod cookie;
mod problem;
#[path = "../support/mod.rs"]
mod support;

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use serde_json::Value;
use shared_claims::actix::{AnyScope, Authenticator, Authorized, RequiredScope};
use shared_claims::{KeySet, LocalKeys, Policy, Verifier};

use support::{AUDIENCE, ISSUER, Issuer, claims};

const COOKIE: &str = "__Host-access_token";

struct NotesWrite;

impl RequiredScope for NotesWrite {
    const SCOPE: Option<&'static str> = Some("notes:write");
}

async fn subject(caller: Authorized<AnyScope>) -> String {
    caller.claims().sub.clone()
}

async fn write(caller: Authorized<NotesWrite>) -> String {
    caller.sub.clone()
}

fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(Issuer::generate)
}

fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the extractor reads the real clock"
    )]
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_secs()).unwrap()
}

fn good_token() -> String {
    issuer().mint(&claims(now()))
}

fn token_with(claim: &str, value: Value) -> String {
    let mut claims = claims(now());
    claims[claim] = value;
    issuer().mint(&claims)
}

fn authenticator(keys: KeySet) -> Authenticator {
    let keys = Arc::new(LocalKeys::new(keys));
    Authenticator::new(Verifier::new(Policy::new(ISSUER, AUDIENCE), keys))
}

/// The answer of a service that takes tokens as this authenticator does.
async fn answer(authenticator: Authenticator, request: TestRequest) -> Answer {
    let app = App::new()
        .app_data(web::Data::new(authenticator))
        .route("/subject", web::to(subject))
        .route("/write", web::to(write));
    Answer::of(call_service(&init_service(app).await, request.to_request()).await).await
}

async fn by_header(request: TestRequest) -> Answer {
    answer(authenticator(issuer().key_set()), request).await
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    async fn of(response: ServiceResponse) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        Self {
            status,
            headers,
            body,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    fn is_the_subject(&self) {
        assert_eq!(
            (self.status.as_u16(), self.body.as_str()),
            (200, claims(0)["sub"].as_str().unwrap())
        );
    }

    /// The problem, after a look at what all of them have in common.
    #[track_caller]
    fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["title"], self.status.canonical_reason().unwrap());
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty())
        );
        (
            self.status.as_u16(),
            body["code"].as_str().unwrap().to_owned(),
        )
    }

    #[track_caller]
    fn is_problem(&self, status: u16, code: &str, challenge: Option<&str>) {
        assert_eq!(self.problem(), (status, code.to_owned()));
        assert_eq!(self.header("www-authenticate"), challenge);
    }
}

fn bearing(credentials: &str) -> TestRequest {
    TestRequest::get()
        .uri("/subject")
        .append_header(("Authorization", credentials))
}
