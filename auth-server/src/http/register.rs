//! `POST /auth/register`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use service_runtime::{
    json_object::JsonObject,
    openapi::{BodyProblems, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;

use super::{
    HttpSettings,
    delivery::{Delivery, TokenResponse, deliver, refuse_foreign_pages},
    error::password_error,
    input::{FieldErrors, Secret},
    log_in::presented_session,
    openapi::{ConflictProblem, CrossSiteProblem, InternalProblem, ThrottledProblem},
};
use crate::{
    client::Client,
    sessions::register::{self, review_password},
    state::AuthState,
    users::{email::Email, full_name::FullName, store::NewUser, username::Username},
};

/// A new person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterRequest {
    /// 3 to 32 of a–z, 0–9 and _ . -; capitals become small.
    #[schema(
        example = "ada",
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9_.-]+$"
    )]
    username: String,
    /// Also accepted at login. A domain of another script may stand here as it is written there, too.
    #[schema(
        example = "ada@example.org",
        format = "email",
        max_length = 254,
        pattern = r"^(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
    )]
    email: String,
    /// 8 to 1024 characters, not easily guessed.
    #[schema(
        value_type = String,
        format = "password",
        min_length = 8,
        max_length = 1024,
        example = "correct horse battery staple"
    )]
    password: Secret,
    /// If they like; no control characters, and not blank.
    #[schema(
        example = "Ada Lovelace",
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"
    )]
    full_name: Option<String>,
    /// How the refresh token is delivered.
    #[serde(default)]
    delivery: Delivery,
}

/// Register
///
/// Creates an account and signs it in. A session whose refresh cookie came along is ended.
#[utoipa::path(
    post,
    path = "/auth/register",
    tag = "sign-in",
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "Registered and signed in.", body = TokenResponse,
         headers(("Set-Cookie" = String, description = "With delivery by cookie: `__Host-refresh_token`, and `__Host-signed-in`, which tells pages that there is one. Always: `__Host-device`, by which guesses from this device are told from a stranger's."))),
        BodyProblems, ConflictProblem, CrossSiteProblem, ValidationProblem, ThrottledProblem, ServerProblems, InternalProblem
    )
)]
pub(super) async fn register(
    request: HttpRequest,
    body: web::Json<JsonObject<RegisterRequest>>,
    client: Client,
    state: web::Data<AuthState>,
    settings: web::Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    refuse_foreign_pages(request.headers(), &settings)?;
    let RegisterRequest {
        username,
        email,
        password,
        full_name,
        delivery,
    } = body.into_inner().0;
    let user = match parse(&username, &email, full_name.as_deref()) {
        Ok(user) => user,
        Err(mut errors) => {
            let context = [Some(username), Some(email), full_name]
                .into_iter()
                .flatten()
                .collect();
            if let Some(refused) = review_password(&state, password.0, context, &client).await? {
                errors.note(password_error("password", &refused));
            }
            return Err(errors.into_problem());
        }
    };
    let presented = presented_session(&request, &state, &settings);
    let grant = register::register(&state, user, password.0, presented, client).await?;
    Ok(deliver(
        StatusCode::CREATED,
        grant,
        delivery,
        None,
        &settings,
    ))
}

fn parse(username: &str, email: &str, full_name: Option<&str>) -> Result<NewUser, FieldErrors> {
    let mut errors = FieldErrors::default();
    let username = errors.check("username", Username::parse(username));
    let email = errors.check("email", Email::parse(email));
    let full_name = errors.check("full_name", full_name.map(FullName::parse).transpose());
    match (username, email, full_name) {
        (Some(username), Some(email), Some(full_name)) => Ok(NewUser {
            username,
            email,
            full_name,
        }),
        _ => Err(errors),
    }
}
