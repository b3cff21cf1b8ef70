//! `/auth/admin/users`

use actix_web::{HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;
use service_runtime::{
    http::OptionalJson,
    json_object::JsonObject,
    openapi::{BodyProblems, CallerProblems, NotFoundProblem, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    administration::{
        Administrator, Refusal,
        users::{
            self, NewAccount, SignedOut, UserDetails, UserList, UserQuery, UserRecord,
            UserWithPassword,
        },
    },
    failure::Failure,
    http::{
        input::{FieldErrors, Secret, page},
        openapi::{ConflictProblem, InternalProblem, OwnAccountProblem},
    },
    state::AuthState,
    users::{
        disabled_reason::DisabledReason, email::Email, full_name::FullName, hashing_gate::Standing,
        store::NewUser, temporary_password::TemporaryPassword, username::Username,
    },
};

/// Which people to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ListParameters {
    /// The beginning of a username or an e-mail address, or an id; everyone, if left out.
    #[param(
        max_length = 254,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "ada"
    )]
    query: Option<String>,
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

/// List people
///
/// A page at a time, the newest first; among those who were imported with ids of their own, in no order.
#[utoipa::path(
    get,
    path = "/auth/admin/users",
    tag = "administration",
    params(ListParameters),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "A page of people.", body = UserList),
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
    let query = errors.parse("query", parameters.query.as_deref(), UserQuery::parse);
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

/// Someone to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CreateUserRequest {
    /// 3 to 32 of a–z, 0–9 and _ . -; capitals become small.
    #[schema(
        example = "ada",
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9_.-]+$"
    )]
    username: String,
    /// Also accepted at login.
    #[schema(example = "ada@example.org", format = "email", max_length = 254)]
    email: String,
    /// If known; no control characters, and not blank.
    #[schema(
        example = "Ada Lovelace",
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"
    )]
    full_name: Option<String>,
    /// Their own, of 8 to 1024 characters, not easily guessed. If it is left out, a temporary one is made up.
    #[schema(
        value_type = Option<String>,
        format = "password",
        min_length = 8,
        max_length = 1024,
        example = "correct horse battery staple"
    )]
    password: Option<Secret>,
    /// Whether they may administer.
    #[serde(default)]
    administrator: bool,
}

/// Add someone
///
/// Without a password they get a temporary one, which the answer shows this once.
#[utoipa::path(
    post,
    path = "/auth/admin/users",
    tag = "administration",
    request_body = CreateUserRequest,
    security(("access_token" = [])),
    responses(
        (status = 201, description = "Added.", body = UserWithPassword),
        CallerProblems, BodyProblems, ConflictProblem, ValidationProblem, ServerProblems, InternalProblem
    )
)]
pub(in crate::http) async fn create(
    administrator: Administrator,
    body: web::Json<JsonObject<CreateUserRequest>>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner().0;
    let mut errors = FieldErrors::default();
    let username = errors.check("username", Username::parse(&body.username));
    let email = errors.check("email", Email::parse(&body.email));
    let full_name = body.full_name.as_deref().map(FullName::parse).transpose();
    let full_name = errors.check("full_name", full_name);
    let (Some(username), Some(email), Some(full_name)) = (username, email, full_name) else {
        return Err(errors.into_problem());
    };
    let user = NewUser {
        username,
        email,
        full_name,
    };
    let password = body.password.map(|password| password.0);
    let context = user.context();
    let chosen = Chosen::new(password, context, &administrator, &state).await?;
    let account = NewAccount {
        user,
        password_hash: chosen.hash,
        is_temporary: chosen.made_up.is_some(),
        administrator: body.administrator,
    };
    let user = administrator
        .act(&state, move |connection, operator| {
            users::create(connection, operator, &account)
        })
        .await?;
    Ok(HttpResponse::Created().json(UserWithPassword::new(user, chosen.made_up.as_ref())))
}

/// A password that someone is going to have.
struct Chosen {
    hash: String,
    made_up: Option<TemporaryPassword>,
}

impl Chosen {
    /// Takes the given password, or makes one up, and hashes it.
    async fn new(
        given: Option<SecretString>,
        context: Vec<String>,
        administrator: &Administrator,
        state: &AuthState,
    ) -> Result<Self, Refusal> {
        let key_ring = state.keys.key_ring()?;
        let (text, made_up) = if let Some(text) = given {
            (text, None)
        } else {
            let made_up = TemporaryPassword::generate().map_err(Failure::from)?;
            (made_up.to_secret(), Some(made_up))
        };
        let Administrator { caller, client } = administrator;
        let standing = Standing::Known(caller.user_id, client.network());
        let accepted = state.passwords.accept(text, context, standing, &key_ring);
        let hash = accepted.await??;
        Ok(Self { hash, made_up })
    }
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

/// A password to be changed at the next login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TemporaryPasswordRequest {
    /// Of 8 to 1024 characters, not easily guessed. If it is left out, one is made up.
    #[schema(
        value_type = Option<String>,
        format = "password",
        min_length = 8,
        max_length = 1024,
        example = "correct horse battery staple"
    )]
    password: Option<Secret>,
}

/// Set a temporary password
///
/// All sessions of the person end. They log in with it and a password of their own, within 24 hours; it lets nobody in
/// by itself. One that was made up is shown this once.
#[utoipa::path(
    post,
    path = "/auth/admin/users/{id}/temporary-password",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The person's id.")),
    request_body(content = Option<TemporaryPasswordRequest>, description = "May be left out."),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "Set.", body = UserWithPassword),
        CallerProblems, BodyProblems, NotFoundProblem, OwnAccountProblem, ValidationProblem, ServerProblems, InternalProblem
    )
)]
pub(in crate::http) async fn set_temporary_password(
    administrator: Administrator,
    id: web::Path<Uuid>,
    body: OptionalJson<TemporaryPasswordRequest>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let id = *id;
    let found = administrator
        .clone()
        .act(&state, move |connection, _| users::show(connection, id))
        .await?
        .user;
    let given = body.0.and_then(|body| body.password);
    let given = given.map(|password| password.0);
    let chosen = Chosen::new(given, found.context(), &administrator, &state).await?;
    let hash = chosen.hash;
    let user = administrator
        .act(&state, move |connection, operator| {
            users::set_temporary_password(connection, operator, id, &hash)
        })
        .await?;
    Ok(HttpResponse::Ok().json(UserWithPassword::new(user, chosen.made_up.as_ref())))
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
