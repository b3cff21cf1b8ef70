//! `/auth/admin/sessions`

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use service_runtime::openapi::{
    CallerProblems, NotFoundProblem, ServerProblems, ValidationProblem,
};
use shared_claims::actix::Problem;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    administration::{
        Administrator,
        sessions::{self, SessionFilter, SessionList},
    },
    http::{
        input::FieldErrors,
        parameters::{NetworkParameter, PageParameters, Paged},
    },
    state::AuthState,
};

/// Which sessions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct FilterParameters {
    /// Of the person of this id.
    #[param(value_type = Option<Uuid>)]
    user: Option<String>,
    /// Last seen at this address, or in this network.
    #[param(inline)]
    ip: Option<NetworkParameter>,
    /// Whether to list those that have ended, too.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    ended: Option<String>,
}

/// List sessions
///
/// The newest login first, a page at a time. By address, a page may have few entries, or none, and a next one all the
/// same.
#[utoipa::path(
    get,
    path = "/auth/admin/sessions",
    tag = "administration",
    params(FilterParameters, PageParameters),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "A page of sessions.", body = SessionList),
        CallerProblems, ValidationProblem, ServerProblems
    )
)]
pub(in crate::http) async fn list(
    administrator: Administrator,
    parameters: web::Query<Paged<FilterParameters>>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let mut errors = FieldErrors::default();
    let Paged { filter, page } = &*parameters;
    let (size, start) = page.read(&mut errors);
    let filter = SessionFilter {
        user_id: errors.parse("user", filter.user.as_deref(), Uuid::try_parse),
        network: NetworkParameter::read(filter.ip.as_ref(), &mut errors),
        ended: errors
            .parse("ended", filter.ended.as_deref(), str::parse)
            .unwrap_or_default(),
    };
    errors.none_or_problem()?;
    let found = administrator
        .act(&state, move |connection, _| {
            sessions::list(connection, &filter, size, start)
        })
        .await?;
    Ok(HttpResponse::Ok().json(SessionList::from(found)))
}

/// End a session
///
/// Services that follow the revocation feed refuse its access tokens within seconds. Repeating it is answered alike.
#[utoipa::path(
    delete,
    path = "/auth/admin/sessions/{id}",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The session's id.")),
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Ended."),
        CallerProblems, NotFoundProblem, ServerProblems
    )
)]
pub(in crate::http) async fn revoke(
    administrator: Administrator,
    id: web::Path<Uuid>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    administrator
        .act(&state, move |connection, operator| {
            sessions::revoke(connection, operator, *id)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
