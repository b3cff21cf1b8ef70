//! `/auth/me`

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use service_runtime::{
    json_object::JsonObject,
    openapi::{BodyProblems, CallerProblems, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;

use super::{
    HttpSettings,
    delivery::{UserResponse, no_content_without_cookies},
    input::{FieldErrors, Secret, nullable},
    openapi::{ConflictProblem, InternalProblem, ThrottledProblem, WrongPasswordProblem},
};
use crate::{
    client::Client,
    sessions::{caller::Caller, delete_account::delete_account, profile},
    state::AuthState,
    users::{
        full_name::FullName, password::PresentedPassword, store::ProfileChanges, username::Username,
    },
};

/// Show my profile
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "account",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The caller's profile.", body = UserResponse),
        CallerProblems, ServerProblems
    )
)]
pub(super) async fn show(
    caller: Caller,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let user = profile::show(&state, caller).await?;
    Ok(HttpResponse::Ok().json(UserResponse::from(user)))
}

/// Changes to one's profile; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "outside: whether the member is there; inside: null"
)]
pub(super) struct ChangeProfileRequest {
    /// A new username.
    #[schema(
        example = "ada.king",
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9_.-]+$"
    )]
    username: Option<String>,
    /// A new full name without control characters, or `null` for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(
        value_type = Option<String>,
        example = "Ada King",
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"
    )]
    full_name: Option<Option<String>>,
}

/// Change my profile
///
/// Access tokens show the change from the next refresh on.
#[utoipa::path(
    patch,
    path = "/auth/me",
    tag = "account",
    request_body = ChangeProfileRequest,
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The changed profile.", body = UserResponse),
        CallerProblems, BodyProblems, ConflictProblem, ValidationProblem, ThrottledProblem, ServerProblems
    )
)]
pub(super) async fn change(
    caller: Caller,
    body: web::Json<JsonObject<ChangeProfileRequest>>,
    client: Client,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let changes = parse(&body.0.0)?;
    let user = profile::change(&state, caller, changes, client).await?;
    Ok(HttpResponse::Ok().json(UserResponse::from(user)))
}

fn parse(body: &ChangeProfileRequest) -> Result<ProfileChanges, Problem> {
    let mut errors = FieldErrors::default();
    let username = body.username.as_deref().map(Username::parse).transpose();
    let username = errors.check("username", username).flatten();
    let full_name = body
        .full_name
        .as_ref()
        .map(|name| name.as_deref().map(FullName::parse).transpose())
        .transpose();
    let full_name = errors.check("full_name", full_name).flatten();
    errors.none_or_problem()?;
    Ok(ProfileChanges {
        username,
        full_name,
    })
}

/// Proof that it is the person themselves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteAccountRequest {
    /// The current one.
    #[schema(value_type = String, format = "password", example = "correct horse battery staple")]
    password: Secret,
}

/// Delete my account
///
/// The account and all its sessions are gone; usernames and e-mail addresses become free.
#[utoipa::path(
    delete,
    path = "/auth/me",
    tag = "account",
    request_body = DeleteAccountRequest,
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Deleted; the cookies are taken back.",
         headers(("Set-Cookie" = String, description = "Clears `__Host-refresh_token` and `__Host-signed-in`."))),
        CallerProblems, BodyProblems, WrongPasswordProblem, ThrottledProblem, ServerProblems, InternalProblem
    )
)]
pub(super) async fn delete(
    caller: Caller,
    body: web::Json<JsonObject<DeleteAccountRequest>>,
    client: Client,
    state: web::Data<AuthState>,
    settings: web::Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    let DeleteAccountRequest { password } = body.into_inner().0;
    let password = PresentedPassword::from(password.0);
    delete_account(&state, caller, password, client).await?;
    Ok(no_content_without_cookies(&settings))
}
