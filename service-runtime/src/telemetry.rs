//! The log: one line per request, none of them with a token, a password, an e-mail or a body.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
};
use uuid::Uuid;

/// Starts the log on standard error, at the levels that `RUST_LOG` asks for (`info` by default).
pub fn init() {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
}

/// Identifies one request in the logs of every process that it passes.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestId {
    /// Takes over the gateway's id, if it sent one that is fit for a log line, or makes one.
    fn of(request: &HttpRequest) -> Self {
        request
            .headers()
            .get(&REQUEST_ID)
            .filter(|value| {
                let bytes = value.as_bytes();
                (8..=64).contains(&bytes.len())
                    && bytes
                        .iter()
                        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            })
            .cloned()
            .or_else(|| HeaderValue::from_str(&Uuid::now_v7().simple().to_string()).ok())
            .map_or_else(|| Self(HeaderValue::from_static("unknown")), Self)
    }

    fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// How much of a path is logged: enough to tell what was asked, and not for a client to fill the log with.
const LOGGED_CHARACTERS: usize = 256;

/// Middleware: gives each request its id, returns the id to the client, and logs one line when the
/// answer is known. The path is logged as it was sent, still percent-encoded; the query is not.
///
/// # Errors
///
/// Only what the inner service returns.
pub async fn log_request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = RequestId::of(request.request());
    let method = request.method().clone();
    let path: String = request.path().chars().take(LOGGED_CHARACTERS).collect();
    request.extensions_mut().insert(id.clone());

    let mut response = next.call(request).await?;

    response
        .headers_mut()
        .insert(REQUEST_ID.clone(), id.0.clone());
    log::info!(
        target: "request",
        id = id.as_str(),
        method = method.as_str(),
        path = path.as_str(),
        status = response.status().as_u16(),
        microseconds = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        "answered"
    );
    Ok(response)
}
