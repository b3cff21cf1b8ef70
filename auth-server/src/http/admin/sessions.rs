//! `/auth/admin/sessions`

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use service_runtime::{
    openapi::{CallerProblems, NotFoundProblem, ServerProblems, ValidationProblem},
    settings::network,
};
use shared_claims::actix::Problem;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    administration::{
        Administrator,
        sessions::{self, SessionFilter, SessionList},
    },
    http::input::{FieldErrors, page},
    state::AuthState,
};

/// Which sessions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ListParameters {
    /// Of the person of this id.
    #[param(value_type = Option<Uuid>)]
    user: Option<String>,
    /// Last seen at this address, or in this network.
    #[param(
        example = "203.0.113.0/24",
        pattern = r"^(((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(/(3[0-2]|[12]?[0-9]))?|(([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|([0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,2})?::([0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,2})?)(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)$"
    )]
    ip: Option<String>,
    /// Whether to list those that have ended, too.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    ended: Option<String>,
    /// How many at the most.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before. It fits any limit.
    #[param(
        min_length = 22,
        max_length = 22,
        pattern = "^[A-Za-z0-9_-]{21}[AQgw]$"
    )]
    cursor: Option<String>,
}

/// List sessions
///
/// The newest login first, a page at a time. By address, a page may have few entries, or none, and a next one all the
/// same.
#[utoipa::path(
    get,
    path = "/auth/admin/sessions",
    tag = "administration",
    params(ListParameters),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "A page of sessions.", body = SessionList),
        CallerProblems, ValidationProblem, ServerProblems
    )
)]
pub(in crate::http) async fn list(
    administrator: Administrator,
    parameters: web::Query<ListParameters>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let mut errors = FieldErrors::default();
    let (size, start) = page(
        &mut errors,
        parameters.limit.as_deref(),
        parameters.cursor.as_deref(),
    );
    let filter = SessionFilter {
        user_id: errors.parse("user", parameters.user.as_deref(), Uuid::try_parse),
        network: errors.parse("ip", parameters.ip.as_deref(), network),
        ended: errors
            .parse("ended", parameters.ended.as_deref(), str::parse)
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
