//! `/auth/admin/users`

pub(in crate::http) mod passwords;
pub(in crate::http) mod permissions;

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
        users::{self, SignedOut, UserDetails, UserList, UserQuery},
    },
    http::{
        input::FieldErrors,
        openapi::OwnAccountProblem,
        parameters::{PageParameters, Paged},
    },
    state::AuthState,
};

/// Which people to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct FilterParameters {
    /// The beginning of a username or an e-mail address, or an id; everyone, if left out.
    #[param(
        max_length = 254,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "ada"
    )]
    query: Option<String>,
}

/// List people
///
/// A page at a time, the newest first; among those who were imported with ids of their own, in no order.
#[utoipa::path(
    get,
    path = "/auth/admin/users",
    tag = "administration",
    params(FilterParameters, PageParameters),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "A page of people.", body = UserList),
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
    let query = errors.parse("query", filter.query.as_deref(), UserQuery::parse);
    errors.none_or_problem()?;
    let query = query.unwrap_or(UserQuery::All);
    let found = administrator
        .act(&state, move |connection, _| {
            users::list(connection, &query, size, start)
        })
        .await?;
    Ok(HttpResponse::Ok().json(UserList::from(found)))
}

/// Show someone
#[utoipa::path(
    get,
    path = "/auth/admin/users/{id}",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The person.", body = UserDetails),
        CallerProblems, NotFoundProblem, ServerProblems
    )
)]
pub(in crate::http) async fn show(
    administrator: Administrator,
    id: web::Path<Uuid>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let found = administrator
        .act(&state, move |connection, _| users::show(connection, *id))
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Delete someone
///
/// The account and all its sessions are gone; the security events stay.
#[utoipa::path(
    delete,
    path = "/auth/admin/users/{id}",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Deleted."),
        CallerProblems, NotFoundProblem, OwnAccountProblem, ServerProblems
    )
)]
pub(in crate::http) async fn delete(
    administrator: Administrator,
    id: web::Path<Uuid>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    administrator
        .act(&state, move |connection, operator| {
            users::delete(connection, operator, *id)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign someone out everywhere
///
/// All their sessions end; they may sign in again.
#[utoipa::path(
    post,
    path = "/auth/admin/users/{id}/sign-out",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "Signed out.", body = SignedOut),
        CallerProblems, NotFoundProblem, ServerProblems
    )
)]
pub(in crate::http) async fn sign_out(
    administrator: Administrator,
    id: web::Path<Uuid>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let signed_out = administrator
        .act(&state, move |connection, operator| {
            users::sign_out(connection, operator, *id)
        })
        .await?;
    Ok(HttpResponse::Ok().json(signed_out))
}
