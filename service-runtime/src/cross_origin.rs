//! Calls from pages of other origins (CORS, Fetch Standard §3.2): an exact allow-list, empty unless
//! it is configured. It lets pages read answers; it is no defence against forged requests.

use actix_cors::Cors;
use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName},
    },
    middleware::Next,
};
use shared_claims::actix::Problem;

/// W3C Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// How long a browser may remember what a preflight told it, in seconds.
const PREFLIGHT_MAX_AGE: usize = 600;

/// Middleware: lets the pages of these origins call, and read these headers of the answers. With
/// `credentials` they may send cookies along.
pub fn allow(origins: &[String], exposed: &[HeaderName], credentials: bool) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
        ])
        // A page that is traced sends them with every call.
        .allowed_headers([TRACEPARENT, TRACESTATE])
        .expose_headers(exposed)
        .max_age(PREFLIGHT_MAX_AGE);
    for origin in origins {
        cors = cors.allowed_origin(origin);
    }
    if credentials {
        cors = cors.supports_credentials();
    }
    cors
}

/// Middleware, around [`allow`]: gives the refusal of a preflight a problem body.
///
/// # Errors
///
/// Only what the inner service returns.
pub async fn refused_preflight(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_preflight = *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let response = next.call(request).await?;
    if !(is_preflight && response.status() == StatusCode::BAD_REQUEST) {
        return Ok(response.map_into_boxed_body());
    }
    let problem = Problem::new(
        StatusCode::FORBIDDEN,
        "cross_origin_refused",
        "Pages of this origin may not make this call.",
    );
    Ok(response.into_response(problem.into_response()))
}
