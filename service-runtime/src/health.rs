//! Health for operators and orchestrators: *live* means that the process answers, *ready* that it
//! can do its job.

use std::{
    io::{Read, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    time::Duration,
};

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;
use shared_claims::actix::{FieldError, Problem};
use utoipa::ToSchema;

/// What a health call answers while all is well.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    pub status: &'static str,
    /// What does not work as it should, although the service can do its job; absent while all does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub degraded: Vec<Degraded>,
}

/// Something that does not work as it should, and that a service can do its job without.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct Degraded {
    /// The part: `revocation_feed`.
    #[schema(example = "revocation_feed")]
    pub part: &'static str,
    /// What is wrong with it, without secrets.
    #[schema(example = "the issuer did not answer in time")]
    pub reason: String,
}

/// Something that a service needs and lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Missing {
    /// The part: `database`, `schema`, `signing_keys`, `revocation_feed`, `key_set`.
    pub part: &'static str,
    /// What is wrong with it, without secrets.
    pub reason: String,
}

/// Answers `GET /health/live`.
#[must_use]
pub fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health {
        status: "live",
        degraded: Vec::new(),
    })
}

/// Answers `GET /health/ready` for a service that has all it needs, or does not work.
///
/// # Errors
///
/// As [`ready_or_degraded`].
pub fn ready(missing: &[Missing]) -> Result<HttpResponse, Problem> {
    ready_or_degraded(missing, Vec::new())
}

/// Answers `GET /health/ready`. A degraded service is ready: it serves better than none.
///
/// # Errors
///
/// 503 `not_ready`, naming each part that is missing.
pub fn ready_or_degraded(
    missing: &[Missing],
    degraded: Vec<Degraded>,
) -> Result<HttpResponse, Problem> {
    if missing.is_empty() {
        return Ok(HttpResponse::Ok().json(Health {
            status: "ready",
            degraded,
        }));
    }
    let parts: Vec<&str> = missing.iter().map(|missing| missing.part).collect();
    let errors = missing
        .iter()
        .map(|missing| FieldError {
            field: missing.part.into(),
            code: "missing".into(),
            message: missing.reason.clone().into(),
        })
        .collect();
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not_ready",
        format!("Missing: {}.", parts.join(", ")),
    )
    .with_errors(errors))
}

/// Asks the service that listens on `listen`, on this machine, whether it is live: the
/// `healthcheck` command, for images that hold no HTTP client.
///
/// # Errors
///
/// Why there was no answer, or what the answer was.
pub fn check(listen: SocketAddr) -> std::io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let mut address = listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        });
    }
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4_096).read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200 ") {
        Ok(())
    } else {
        let status = answer.lines().next().unwrap_or("no answer");
        Err(std::io::Error::other(format!(
            "{address} answered: {status}"
        )))
    }
}
