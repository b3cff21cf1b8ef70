//! `/auth/sessions`

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use service_runtime::openapi::{CallerProblems, NotFoundProblem, ServerProblems};
use shared_claims::actix::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    client::Client,
    sessions::{caller::Caller, devices, store::Device},
    state::AuthState,
};

/// The caller's devices.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionsResponse {
    /// The newest login first.
    sessions: Vec<SessionResponse>,
}

/// A device on which the caller is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionResponse {
    /// The `sid` claim of its access tokens.
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    /// When it logged in.
    created_at: DateTime<Utc>,
    /// When it logged in or was last refreshed.
    last_used_at: DateTime<Utc>,
    /// When it ends unless it is refreshed.
    expires_at: DateTime<Utc>,
    /// Where it was then.
    #[schema(example = "203.0.113.9")]
    ip: String,
    /// What it said of itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")]
    user_agent: Option<String>,
}

impl SessionResponse {
    fn new(device: Device, caller: Caller) -> Self {
        Self {
            id: device.id,
            current: device.id == caller.session_id,
            created_at: device.created_at,
            last_used_at: device.rotated_at.unwrap_or(device.created_at),
            expires_at: device.idle_expires_at,
            ip: device.ip.addr().to_string(),
            user_agent: device.user_agent,
        }
    }
}

/// List my devices
#[utoipa::path(
    get,
    path = "/auth/sessions",
    tag = "account",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The caller's live sessions.", body = SessionsResponse),
        CallerProblems, ServerProblems
    )
)]
pub(super) async fn list(
    caller: Caller,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let devices = devices::list(&state, caller).await?;
    let sessions = devices
        .into_iter()
        .map(|device| SessionResponse::new(device, caller))
        .collect();
    Ok(HttpResponse::Ok().json(SessionsResponse { sessions }))
}

/// Sign a device out
///
/// Ends one of the caller's sessions. Repeating it is answered alike.
#[utoipa::path(
    delete,
    path = "/auth/sessions/{id}",
    tag = "account",
    params(("id" = Uuid, Path, description = "The session's id, from the list.")),
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Signed out."),
        CallerProblems, NotFoundProblem, ServerProblems
    )
)]
pub(super) async fn revoke(
    caller: Caller,
    id: web::Path<Uuid>,
    client: Client,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    devices::revoke(&state, caller, *id, client).await?;
    Ok(HttpResponse::NoContent().finish())
}
