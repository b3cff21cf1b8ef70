//! Who may sign in, and who may administer.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use service_runtime::{
    http::OptionalJson,
    openapi::{BodyProblems, CallerProblems, NotFoundProblem, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    administration::{
        Administrator,
        users::{self, UserRecord},
    },
    http::{input::FieldErrors, openapi::OwnAccountProblem},
    state::AuthState,
    users::disabled_reason::DisabledReason,
};

/// Why someone is kept out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DisableUserRequest {
    /// For other administrators; no control characters, and not blank.
    #[schema(
        example = "Reported for spam",
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: Option<String>,
}

/// Keep someone out
///
/// They can neither sign in nor refresh, and all their sessions end: services that follow the revocation feed refuse
/// their access tokens within seconds. Repeating it changes nothing, the reason neither.
#[utoipa::path(
    post,
    path = "/auth/admin/users/{id}/disable",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    request_body(content = Option<DisableUserRequest>, description = "May be left out."),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The person, kept out.", body = UserRecord),
        CallerProblems, BodyProblems, NotFoundProblem, OwnAccountProblem, ValidationProblem, ServerProblems
    )
)]
pub(in crate::http) async fn disable(
    administrator: Administrator,
    id: web::Path<Uuid>,
    body: OptionalJson<DisableUserRequest>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let mut errors = FieldErrors::default();
    let reason = body.0.and_then(|body| body.reason);
    let reason = reason.as_deref().map(DisabledReason::parse).transpose();
    let reason = errors.check("reason", reason).flatten();
    errors.none_or_problem()?;
    let disabled = administrator
        .act(&state, move |connection, operator| {
            users::disable(connection, operator, *id, reason.as_ref())
        })
        .await?;
    Ok(HttpResponse::Ok().json(disabled.user))
}

/// Let someone in again
///
/// The sessions of before stay ended. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/auth/admin/users/{id}/enable",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The person, let in.", body = UserRecord),
        CallerProblems, NotFoundProblem, ServerProblems
    )
)]
pub(in crate::http) async fn enable(
    administrator: Administrator,
    id: web::Path<Uuid>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let enabled = administrator
        .act(&state, move |connection, operator| {
            users::enable(connection, operator, *id)
        })
        .await?;
    Ok(HttpResponse::Ok().json(enabled.user))
}

/// Let someone administer
///
/// They may then log in with the scope `auth:admin`.
#[utoipa::path(
    put,
    path = "/auth/admin/users/{id}/administrator",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The person, who may administer.", body = UserRecord),
        CallerProblems, NotFoundProblem, ServerProblems
    )
)]
pub(in crate::http) async fn grant_administrator(
    administrator: Administrator,
    id: web::Path<Uuid>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    set_administrator(administrator, *id, &state, true).await
}

/// Let someone administer no longer
///
/// Their sessions that administer end.
#[utoipa::path(
    delete,
    path = "/auth/admin/users/{id}/administrator",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The person, who may not administer.", body = UserRecord),
        CallerProblems, NotFoundProblem, OwnAccountProblem, ServerProblems
    )
)]
pub(in crate::http) async fn revoke_administrator(
    administrator: Administrator,
    id: web::Path<Uuid>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    set_administrator(administrator, *id, &state, false).await
}

async fn set_administrator(
    administrator: Administrator,
    id: Uuid,
    state: &AuthState,
    may: bool,
) -> Result<HttpResponse, Problem> {
    let set = administrator
        .act(state, move |connection, operator| {
            users::set_administrator(connection, operator, id, may)
        })
        .await?;
    Ok(HttpResponse::Ok().json(set.user))
}
