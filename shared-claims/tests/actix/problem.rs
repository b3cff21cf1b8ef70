//! The answers themselves.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use serde_json::{Value, json};
use shared_claims::actix::{FieldError, Problem};

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
    let plain = Problem::new(StatusCode::NOT_FOUND, "not_found", "nothing here").into_response();
    let body = actix_web::body::to_bytes(plain.into_body()).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("errors"));
}
