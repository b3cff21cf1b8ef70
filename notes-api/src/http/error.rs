//! The one map from what can go wrong to what a client is told.

use actix_web::http::{
    StatusCode,
    header::{HeaderName, HeaderValue, WWW_AUTHENTICATE},
};
use service_runtime::http::{not_found_problem, unavailable};
use shared_claims::actix::{FieldError, Problem};

use crate::notes::{
    content::{BodyError, TitleError},
    failure::Failure,
    owner::UnusableSubject,
    read::ShowError,
    search_query::SearchTooLong,
    write::ChangeError,
};

impl From<Failure> for Problem {
    /// The answer keeps the failure, which is logged with the request: once, and with its id.
    fn from(failure: Failure) -> Self {
        unavailable("The notes are out of reach right now.").caused_by(failure)
    }
}

impl From<ShowError> for Problem {
    fn from(error: ShowError) -> Self {
        match error {
            ShowError::NotFound => not_found_problem(),
            ShowError::Failure(failure) => failure.into(),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => not_found_problem(),
            ChangeError::OtherVersion => precondition_failed(),
            ChangeError::Failure(failure) => failure.into(),
        }
    }
}

impl From<UnusableSubject> for Problem {
    /// The issuer's fault: the token is good for nothing here (RFC 6750 §3.1).
    fn from(error: UnusableSubject) -> Self {
        const CHALLENGE: HeaderValue = HeaderValue::from_static(
            r#"Bearer error="invalid_token", error_description="the subject of the token is unusable""#,
        );
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", error.to_string())
            .with_header(WWW_AUTHENTICATE, CHALLENGE)
    }
}

/// 412: the note is not the one that the request is about (RFC 9110 §15.5.13).
pub(super) fn precondition_failed() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "precondition_failed",
        "The note has been written since. Read it again before changing it.",
    )
}

/// 400 for a precondition that cannot be read, and so not be held to either.
pub(super) fn malformed_precondition(name: &HeaderName) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_request",
        format!("The header {name} is neither * nor a list of quoted entity tags."),
    )
}

/// 400 for a key that cannot be read: carried out without it, the request might make a second note.
pub(super) fn malformed_key() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_request",
        "The header idempotency-key is not one UUID, as it is or in quotes.",
    )
}

/// 422: the request is well-formed, and what stands in it is not acceptable.
pub(super) fn validation_failed(errors: Vec<FieldError>) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "validation_failed",
        "Some fields are not acceptable.",
    )
    .with_errors(errors)
}

impl From<TitleError> for FieldError {
    fn from(error: TitleError) -> Self {
        let code = match error {
            TitleError::Blank => "blank",
            TitleError::TooLong => "too_long",
            TitleError::ControlCharacter => "invalid_character",
        };
        Self::new("title", code, error.to_string())
    }
}

impl From<BodyError> for FieldError {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLong => "too_long",
            BodyError::Nul => "invalid_character",
        };
        Self::new("body", code, error.to_string())
    }
}

impl From<SearchTooLong> for FieldError {
    fn from(error: SearchTooLong) -> Self {
        Self::new("query", "too_long", error.to_string())
    }
}
