//! `POST /auth/password`

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use service_runtime::{
    json_object::JsonObject,
    openapi::{BodyProblems, CallerProblems, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;

use super::{
    delivery::device_cookie,
    input::Secret,
    openapi::{InternalProblem, ThrottledProblem, WrongPasswordProblem},
};
use crate::{
    client::Client,
    sessions::{caller::Caller, change_password::change_password},
    state::AuthState,
    users::password::PresentedPassword,
};

/// The current password and the new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePasswordRequest {
    /// The current one.
    #[schema(value_type = String, format = "password", example = "correct horse battery staple")]
    current_password: Secret,
    /// 8 to 1024 characters, not easily guessed.
    #[schema(
        value_type = String,
        format = "password",
        min_length = 8,
        max_length = 1024,
        example = "a quieter horse with fewer batteries"
    )]
    new_password: Secret,
}

/// Change my password
///
/// Every other session of the caller ends at the same moment.
#[utoipa::path(
    post,
    path = "/auth/password",
    tag = "account",
    request_body = ChangePasswordRequest,
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Changed; all other sessions have ended.",
         headers(("Set-Cookie" = String, description = "`__Host-device`, for the new password."))),
        CallerProblems, BodyProblems, WrongPasswordProblem, ValidationProblem, ThrottledProblem, ServerProblems, InternalProblem
    )
)]
pub(super) async fn change(
    caller: Caller,
    body: web::Json<JsonObject<ChangePasswordRequest>>,
    client: Client,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let ChangePasswordRequest {
        current_password,
        new_password,
    } = body.into_inner().0;
    let current = PresentedPassword::from(current_password.0);
    let device = change_password(&state, caller, current, new_password.0, client).await?;
    Ok(HttpResponse::NoContent()
        .cookie(device_cookie(&device))
        .finish())
}
