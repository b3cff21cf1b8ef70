//! Error answers as `application/problem+json` (RFC 9457), the same in every service.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

/// An error answer: a status, a stable code for programs, a sentence for people.
///
/// It is never stored by a cache (`Cache-Control: no-store`).
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// An answer of this status; `code` is snake case and never changes, `detail` may.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Adds a response header, next to those of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says what is wrong with which field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code of the answer.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The answer itself.
    #[must_use]
    pub fn into_response(self) -> HttpResponse {
        self.error_response()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        response.insert_header((
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        ));
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        response.json(ProblemBody {
            title: Cow::Borrowed(self.status.canonical_reason().unwrap_or("Error")),
            status: self.status.as_u16(),
            code: Cow::Borrowed(self.code),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
        })
    }
}

/// The body of an error answer (RFC 9457 §3). `type` is left out: it is `about:blank`, and `code`
/// tells problems apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemBody {
    /// The standard phrase of the status.
    #[cfg_attr(feature = "openapi", schema(value_type = String, examples("Unauthorized")))]
    pub title: Cow<'static, str>,
    /// The HTTP status, repeated.
    #[cfg_attr(feature = "openapi", schema(examples(401)))]
    pub status: u16,
    /// What went wrong, for programs: snake case, and stable.
    #[cfg_attr(feature = "openapi", schema(value_type = String, examples("invalid_token")))]
    pub code: Cow<'static, str>,
    /// What went wrong, for people.
    #[cfg_attr(feature = "openapi", schema(value_type = String, examples("the token has expired")))]
    pub detail: Cow<'static, str>,
    /// What is wrong with which field of the request; absent where that is not the trouble.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub errors: Vec<FieldError>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name in the request.
    #[cfg_attr(feature = "openapi", schema(value_type = String, examples("password")))]
    pub field: Cow<'static, str>,
    /// What is wrong with it, for programs: snake case, and stable.
    #[cfg_attr(feature = "openapi", schema(value_type = String, examples("too_short")))]
    pub code: Cow<'static, str>,
    /// What is wrong with it, for people.
    #[cfg_attr(feature = "openapi", schema(value_type = String, examples("at least 8 characters")))]
    pub message: Cow<'static, str>,
}

impl FieldError {
    /// What is wrong with the field.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}
