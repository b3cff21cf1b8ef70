//! The answers themselves.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use serde_json::{Value, json};
use shared_claims::VerifyError;
use shared_claims::actix::{FieldError, Problem, refused};

use crate::Answer;

#[actix_web::test]
async fn a_problem_says_what_is_wrong_with_which_field() {
    let problem = || {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
            "two fields are wrong",
        )
        .with_errors(vec![FieldError::new(
            "password",
            "too_short",
            "at least 8 characters",
        )])
        .with_header(
            HeaderName::from_static("x-first"),
            HeaderValue::from_static("1"),
        )
        .with_header(
            HeaderName::from_static("x-first"),
            HeaderValue::from_static("2"),
        )
    };
    assert_eq!(
        problem().to_string(),
        "422 validation_failed: two fields are wrong"
    );
    let app = init_service(App::new().route(
        "/",
        web::to(move || async move { Err::<HttpResponse, Problem>(problem()) }),
    ))
    .await;
    let response = call_service(&app, TestRequest::default().to_request()).await;
    let repeated: Vec<_> = response.headers().get_all("x-first").cloned().collect();
    assert_eq!(repeated, ["1", "2"]);
    let answer = Answer::of(response).await;
    assert_eq!(answer.problem(), (422, "validation_failed".into()));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        body,
        json!({
            "title": "Unprocessable Entity",
            "status": 422,
            "code": "validation_failed",
            "detail": "two fields are wrong",
            "errors": [
                {"field": "password", "code": "too_short", "message": "at least 8 characters"}
            ],
        })
    );
    let named = serde_json::to_value(problem().body_for("the-request-id")).unwrap();
    let mut with_id = body;
    with_id["request_id"] = json!("the-request-id");
    assert_eq!(named, with_id);
    let plain = Problem::new(StatusCode::NOT_FOUND, "not_found", "nothing here").into_response();
    let body = actix_web::body::to_bytes(plain.into_body()).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("errors"));
}

/// So that a middleware can log it; the client does not learn of it.
#[actix_web::test]
async fn an_answer_keeps_the_problem_and_what_caused_it() {
    let failed = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "not right now",
        )
        .caused_by("the disk is full")
    };
    let answers = [
        failed().into_response(),
        HttpResponse::from_error(failed()),
        refused("notes-api", VerifyError::KeysUnavailable).into_response(),
    ];
    let causes = [
        "the disk is full",
        "the disk is full",
        "the keys to verify tokens are unavailable",
    ];
    for (answer, cause) in answers.into_iter().zip(causes) {
        let problem = answer.error().unwrap().as_error::<Problem>().unwrap();
        assert_eq!(problem.code(), "unavailable");
        assert_eq!(problem.cause().unwrap().to_string(), cause);
        assert!(!problem.to_string().contains("disk"));
        let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("disk"));
    }
    let plain = Problem::new(StatusCode::NOT_FOUND, "not_found", "nothing here");
    assert!(plain.cause().is_none());
}
