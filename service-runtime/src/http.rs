//! The edge of a service: bounds on what comes in, and problem answers for what does not fit.

use std::{future::Future, pin::Pin, time::Duration};

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::{
    Error, FromRequest, Handler, HttpMessage, HttpRequest, HttpResponse, Resource, Responder,
    body::{BoxBody, MessageBody},
    dev::{AppConfig, Payload, ServiceRequest, ServiceResponse},
    error::{JsonPayloadError, PathError, QueryPayloadError},
    http::{KeepAlive, StatusCode, header},
    middleware::Next,
    web,
};
use serde::de::DeserializeOwned;
use shared_claims::actix::Problem;

use crate::json_object::JsonObject;

/// Bounds the connections of `server`: time for a request's head, idle time, and time to finish
/// what is in flight when the process is told to stop. Bodies are bounded by [`input_limits`] and
/// by the gateway.
pub fn bounded<F, I, S, B>(
    server: actix_web::HttpServer<F, I, S, B>,
) -> actix_web::HttpServer<F, I, S, B>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: std::fmt::Debug + 'static,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    server
        .keep_alive(KeepAlive::Timeout(Duration::from_secs(75)))
        .client_request_timeout(Duration::from_secs(5))
        .client_disconnect_timeout(Duration::from_secs(5))
        .shutdown_timeout(15)
}

/// Registers how bodies, paths and queries are read: JSON of at most `body_bytes`, announced as
/// such, and a problem answer for anything else.
pub fn input_limits(body_bytes: usize) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(web::PayloadConfig::new(body_bytes))
            .app_data(
                web::JsonConfig::default()
                    .limit(body_bytes)
                    .error_handler(|error, _| refused_body(&error).into()),
            )
            .app_data(web::PathConfig::default().error_handler(|error, _| refused_path(&error)))
            .app_data(web::QueryConfig::default().error_handler(|error, _| refused_query(&error)));
    }
}

/// Adds the handler of GET to a resource, and of HEAD, which every resource that has GET has too
/// (RFC 9110 section 9.1); actix leaves the body away.
pub trait Readable {
    /// The resource with both.
    #[must_use]
    fn read<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args> + Clone,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static;
}

impl Readable for Resource {
    fn read<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args> + Clone,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(web::get().to(handler.clone()))
            .route(web::head().to(handler))
    }
}

/// A JSON object that may be left out, under the same rules as `web::Json` where it is there.
#[derive(Debug)]
pub struct OptionalJson<T>(pub Option<T>);

impl<T: DeserializeOwned> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.mime_type().ok().flatten().is_some_and(|mime| {
            mime.subtype() == "json" || mime.suffix().is_some_and(|suffix| suffix == "json")
        });
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|_| {
                Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "payload_too_large",
                    "The body is too long.",
                )
            })?;
            if bytes.is_empty() {
                return Ok(Self(None));
            }
            if !is_json {
                return Err(refused_body(&JsonPayloadError::ContentType));
            }
            serde_json::from_slice(&bytes)
                .map(|JsonObject(body)| Self(Some(body)))
                .map_err(|error| refused_body(&JsonPayloadError::Deserialize(error)))
        })
    }
}

/// The problem that a body which is not the expected JSON is answered with. It never repeats a
/// value from the body, which may be a password.
#[must_use]
pub fn refused_body(error: &JsonPayloadError) -> Problem {
    match error {
        JsonPayloadError::Overflow { limit }
        | JsonPayloadError::OverflowKnownLength { limit, .. } => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            format!("The body is longer than {limit} bytes."),
        ),
        JsonPayloadError::ContentType => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be JSON, sent with Content-Type: application/json.",
        ),
        JsonPayloadError::Deserialize(error) => malformed(without_values(error)),
        _ => malformed("The body could not be read."),
    }
}

/// What is wrong with a JSON document, with the names of members but none of its values.
fn without_values(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let names_members_only = ["unknown field", "missing field", "duplicate field"]
        .iter()
        .any(|start| message.starts_with(start));
    if names_members_only {
        return format!("In the JSON body: {message}.");
    }
    let what = if error.is_data() {
        "a value of the wrong type"
    } else {
        "a syntax error"
    };
    format!(
        "In the JSON body: {what} at line {}, column {}.",
        error.line(),
        error.column()
    )
}

fn refused_path(_: &PathError) -> Error {
    not_found_problem().into()
}

fn refused_query(error: &QueryPayloadError) -> Error {
    malformed(format!("In the query: {error}.")).into()
}

/// The answer for a request that cannot be understood.
#[must_use]
pub fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed_request", detail)
}

/// The answer for a resource that does not exist, or that the caller must not know of.
#[must_use]
pub fn not_found_problem() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
}

/// The default service: any path outside the route table.
///
/// # Errors
///
/// Always 404 `not_found`.
pub async fn not_found(_: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(not_found_problem())
}

/// The answer for a dependency that is away: the client may repeat the call.
#[must_use]
pub fn unavailable(detail: &'static str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        .with_header(header::RETRY_AFTER, header::HeaderValue::from_static("1"))
}

/// Middleware: gives the bare 405 of the router, which names the allowed methods, a problem body.
///
/// # Errors
///
/// Only what the inner service returns.
pub async fn method_not_allowed(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return Ok(response.map_into_boxed_body());
    }
    let allowed = response.headers().get(header::ALLOW).cloned();
    let mut problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "The resource does not support this method.",
    );
    if let Some(allowed) = allowed {
        problem = problem.with_header(header::ALLOW, allowed);
    }
    Ok(response.into_response(problem.into_response()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is of interest")]
    struct Credentials {
        identifier: String,
        attempts: u32,
    }

    fn detail(body: &str) -> String {
        without_values(&serde_json::from_str::<Credentials>(body).unwrap_err())
    }

    #[test]
    fn a_refused_body_is_described_by_its_members() {
        assert!(detail(r#"{"identifier":"a"}"#).contains("missing field `attempts`"));
        assert!(detail(r#"{"identifier":"a","identifier":"b"}"#).contains("duplicate field"));
        assert!(detail(r#"{"identifier":"a","attempts":1,"x":2}"#).contains("unknown field `x`"));
        assert!(detail(r#"{"identifier":"#).contains("syntax error"));
    }

    #[test]
    fn a_refused_body_is_described_without_its_values() {
        let detail = detail(r#"{"identifier":"a","attempts":"canary"}"#);
        assert!(detail.contains("wrong type"), "{detail}");
        assert!(!detail.contains("canary"), "{detail}");
    }
}
