//! `/auth/admin/keys`. A private key is imported on the command line alone: it has no business in a request.

use actix_web::{HttpResponse, web};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};
use service_runtime::{
    http::OptionalJson,
    openapi::{BodyProblems, CallerProblems, NotFoundProblem, ServerProblems},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;

use crate::{
    administration::{Administrator, Refusal, keys::KeyList},
    events::Operator,
    http::openapi::{InternalProblem, KeyConflictProblem},
    keys::{
        administration::{self as keys, Resealed, Revoked},
        rotation::KeyMaker,
    },
    state::AuthState,
};

/// List signing keys
#[utoipa::path(
    get,
    path = "/auth/admin/keys",
    tag = "administration",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "All keys that ever were.", body = KeyList),
        CallerProblems, ServerProblems, InternalProblem
    )
)]
pub(in crate::http) async fn list(
    administrator: Administrator,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let records = administrator
        .act(&state, |connection, _| Ok(keys::list(connection)?))
        .await?;
    Ok(HttpResponse::Ok().json(KeyList::from(records)))
}

/// Which key is to sign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RotateRequest {
    /// A pending one; the one that has waited longest, if left out.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    kid: Option<String>,
}

/// Which key signs.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Rotated {
    /// Its name.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    kid: String,
}

/// Rotate signing keys
///
/// Lets a pending key sign from now on, without waiting for its time. What the key before it signed stays good.
#[utoipa::path(
    post,
    path = "/auth/admin/keys/rotate",
    tag = "administration",
    request_body(content = Option<RotateRequest>, description = "May be left out."),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "Rotated.", body = Rotated),
        CallerProblems, BodyProblems, NotFoundProblem, KeyConflictProblem, ServerProblems, InternalProblem
    )
)]
pub(in crate::http) async fn rotate(
    administrator: Administrator,
    body: OptionalJson<RotateRequest>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let wanted = body.0.and_then(|body| body.kid);
    let kid = with_maker(administrator, &state, move |connection, operator, maker| {
        Ok(keys::rotate_now(
            connection,
            operator,
            maker,
            wanted.as_deref(),
        )?)
    })
    .await?;
    Ok(HttpResponse::Ok().json(Rotated { kid }))
}

/// Revoke a signing key
///
/// Drops it at once, because it may be in other hands: whoever holds a token that it signed has to refresh. A pending
/// key takes over from an active one.
#[utoipa::path(
    post,
    path = "/auth/admin/keys/{kid}/revoke",
    tag = "administration",
    params(("kid" = String, Path, description = "The key's name.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "Revoked.", body = Revoked),
        CallerProblems, NotFoundProblem, ServerProblems, InternalProblem
    )
)]
pub(in crate::http) async fn revoke(
    administrator: Administrator,
    kid: web::Path<String>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let revoked = with_maker(administrator, &state, move |connection, operator, maker| {
        Ok(keys::revoke(connection, operator, maker, &kid)?)
    })
    .await?;
    Ok(HttpResponse::Ok().json(revoked))
}

/// Seal everything anew
///
/// Under the first of the master keys of the server that answers, so that the others can be taken away.
#[utoipa::path(
    post,
    path = "/auth/admin/keys/reseal",
    tag = "administration",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "How much was sealed by another one until now.", body = Resealed),
        CallerProblems, ServerProblems, InternalProblem
    )
)]
pub(in crate::http) async fn reseal(
    administrator: Administrator,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let resealed = with_maker(administrator, &state, |connection, operator, maker| {
        Ok(keys::reseal(connection, operator, maker)?)
    })
    .await?;
    Ok(HttpResponse::Ok().json(resealed))
}

async fn with_maker<T: Send + 'static>(
    administrator: Administrator,
    state: &web::Data<AuthState>,
    work: impl FnOnce(&mut PgConnection, &Operator, &KeyMaker<'_>) -> Result<T, Refusal>
    + Send
    + 'static,
) -> Result<T, Refusal> {
    let sealing = state.clone();
    administrator
        .act(state, move |connection, operator| {
            let maker = KeyMaker {
                master_keys: &sealing.master_keys,
                rsa_bits: sealing.rsa_bits,
                policy: sealing.key_policy,
            };
            work(connection, operator, &maker)
        })
        .await
}
