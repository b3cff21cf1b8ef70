//! `POST /auth/login`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use service_runtime::{
    json_object::JsonObject,
    openapi::{BodyProblems, ServerProblems, ValidationProblem},
};
use shared_claims::actix::{FieldError, Problem};
use utoipa::ToSchema;

use super::{
    HttpSettings,
    delivery::{
        Delivery, TokenResponse, deliver, presented_device, refresh_cookie, refuse_foreign_pages,
    },
    error::validation_failed,
    input::Secret,
    openapi::{CredentialsProblem, InternalProblem, LogInProblems, ThrottledProblem},
};
use crate::{
    client::Client,
    sessions::log_in::{self, Attempt},
    state::AuthState,
    tokens::{refresh_token::RefreshToken, scope::SessionScope},
    users::password::PresentedPassword,
};

/// Someone's credentials: exactly one of `identifier`, `username` and `email`, and the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogInRequest {
    /// A username or an e-mail address.
    #[schema(example = "ada")]
    identifier: Option<String>,
    /// A username.
    username: Option<String>,
    /// An e-mail address.
    email: Option<String>,
    /// As registered.
    #[schema(value_type = String, format = "password", example = "correct horse battery staple")]
    password: Secret,
    /// What replaces a temporary password: 8 to 1024 characters, not easily guessed.
    #[schema(
        value_type = Option<String>,
        format = "password",
        min_length = 8,
        max_length = 1024,
        example = "a quieter horse with fewer batteries"
    )]
    new_password: Option<Secret>,
    /// What the access tokens of the session permit, separated by spaces: some of what they usually do, or
    /// `auth:admin` alone, for administrators. The usual, if left out.
    #[schema(example = "notes:read")]
    scope: Option<String>,
    /// How the refresh token is delivered.
    #[serde(default)]
    delivery: Delivery,
}

/// Log in
///
/// Opens a new session. One whose refresh cookie came along is ended. Whoever has a temporary password is
/// answered `password_change_required` until they send a `new_password` with it.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "sign-in",
    request_body = LogInRequest,
    responses(
        (status = 200, description = "Signed in.", body = TokenResponse,
         headers(("Set-Cookie" = String, description = "With delivery by cookie: `__Host-refresh_token`, and `__Host-signed-in`, which tells pages that there is one. Always: `__Host-device`, by which guesses from this device are told from a stranger's."))),
        BodyProblems, CredentialsProblem, LogInProblems, ValidationProblem, ThrottledProblem, ServerProblems, InternalProblem
    )
)]
pub(super) async fn log_in(
    request: HttpRequest,
    body: web::Json<JsonObject<LogInRequest>>,
    client: Client,
    state: web::Data<AuthState>,
    settings: web::Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    refuse_foreign_pages(request.headers(), &settings)?;
    let LogInRequest {
        identifier,
        username,
        email,
        password,
        new_password,
        scope,
        delivery,
    } = body.into_inner().0;
    let usual = &state.access_token_policy.scope;
    let attempt = Attempt {
        name: the_one_given(identifier, username, email)?,
        password: PresentedPassword::from(password.0),
        new_password: new_password.map(|new| new.0),
        scope: match scope {
            Some(text) => SessionScope::parse(&text, usual)?,
            None => SessionScope::USUAL,
        },
        presented: presented_session(&request, &state, &settings),
        device: presented_device(&request, &state),
        client,
    };
    let grant = log_in::log_in(&state, attempt).await?;
    Ok(deliver(StatusCode::OK, grant, delivery, None, &settings))
}

/// The session whose cookie came along. A cookie that cannot be used is about to be replaced.
pub(super) fn presented_session(
    request: &HttpRequest,
    state: &AuthState,
    settings: &HttpSettings,
) -> Option<RefreshToken> {
    let token = refresh_cookie(request, settings).ok().flatten()?;
    RefreshToken::authenticate(token, &state.master_keys)
}

/// What names the person. A text that can be no one's name is not refused here: who does not exist
/// is told no sooner than who gave a wrong password.
fn the_one_given(
    identifier: Option<String>,
    username: Option<String>,
    email: Option<String>,
) -> Result<String, Problem> {
    match (identifier, username, email) {
        (Some(text), None, None) | (None, Some(text), None) | (None, None, Some(text)) => Ok(text),
        _ => {
            let message = "Give exactly one of identifier, username and email.";
            Err(validation_failed(vec![FieldError::new(
                "identifier",
                "exactly_one",
                message,
            )]))
        }
    }
}
