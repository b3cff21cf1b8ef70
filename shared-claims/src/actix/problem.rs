//! Error answers as `application/problem+json` (RFC 9457), the same in every service.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

/// An error answer: a status, a stable code for programs, a sentence for people.
///
/// It is never stored by a cache (`Cache-Control: no-store`).
#[derive(Debug)]
pub struct Problem(Box<Parts>);

/// Apart, so that a result which may be a problem is small: each request has several of them.
#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// An answer of this status; `code` is snake case and never changes, `detail` may.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// Keeps what went wrong, for the log: the client does not learn of it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds a response header, next to those of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Says what is wrong with which field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code of the answer.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What went wrong, if it was kept.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.0.cause.as_deref()
    }

    /// The body of the answer to the request of this id, for a middleware that finds the problem in
    /// [`HttpResponse::error`] and knows the id.
    #[must_use]
    pub fn body_for(&self, request_id: &str) -> ProblemBody {
        ProblemBody {
            request_id: Some(request_id.to_owned().into()),
            ..self.body()
        }
    }

    fn body(&self) -> ProblemBody {
        let Parts {
            status,
            code,
            detail,
            errors,
            ..
        } = &*self.0;
        ProblemBody {
            title: Cow::Borrowed(status.canonical_reason().unwrap_or("Error")),
            status: status.as_u16(),
            code: Cow::Borrowed(code),
            detail: detail.clone(),
            errors: errors.clone(),
            request_id: None,
        }
    }

    /// The answer itself, which keeps the problem ([`HttpResponse::error`]).
    #[must_use]
    pub fn into_response(self) -> HttpResponse {
        HttpResponse::from_error(self)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            status,
            code,
            detail,
            ..
        } = &*self.0;
        write!(f, "{} {code}: {detail}", status.as_u16())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let Parts {
            status, headers, ..
        } = &*self.0;
        let mut response = HttpResponse::build(*status);
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        response.insert_header((
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        ));
        for (name, value) in headers {
            response.append_header((name.clone(), value.clone()));
        }
        response.json(self.body())
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
    /// The request's id, as in the header `X-Request-Id`: by it the operator finds the request in the log. Absent
    /// where requests have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required = false, examples("4f9c1d2b7a3e4f5d8c6b0a1928374655"))
    )]
    pub request_id: Option<Cow<'static, str>>,
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
