//! What tells requests apart in every log that they pass.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header in which the gateway sends the id, and in which it goes back to the client.
pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Identifies one request in the logs of every process that it passes, and for whoever asks about it.
#[derive(Debug)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// Takes over the gateway's id, if it sent one that is fit for a log line, or makes one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        headers
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

    /// As it stands in logs and answers.
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As it goes back to the client.
    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}
