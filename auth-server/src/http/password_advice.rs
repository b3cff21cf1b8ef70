//! `POST /auth/password/advice`

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use service_runtime::{
    json_object::JsonObject,
    openapi::{BodyProblems, ServerProblems, ValidationProblem},
};
use shared_claims::actix::{FieldError, Problem};
use utoipa::ToSchema;

use super::{
    input::{FieldErrors, Secret},
    openapi::ThrottledProblem,
};
use crate::{
    client::Client,
    sessions::register::{LONGEST_FIELD, advise as advise_on},
    state::AuthState,
    users::email::Email,
};

/// A password that someone is thinking of, and what a guesser would know of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdviceRequest {
    /// As far as it has been typed.
    #[schema(value_type = String, format = "password", example = "correct horse battery staple")]
    password: Secret,
    /// As far as it has been typed.
    #[schema(example = "ada", max_length = 254)]
    username: Option<String>,
    /// As far as it has been typed.
    #[schema(example = "ada@exam", max_length = 254)]
    email: Option<String>,
    /// As far as it has been typed.
    #[schema(example = "Ada Lovelace", max_length = 254)]
    full_name: Option<String>,
}

/// What a password is worth.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordAdvice {
    /// Whether a registration would accept it.
    acceptable: bool,
    /// For the person, in English: what is wrong with it, and how to do better.
    #[schema(required, example = "This password is too easy to guess.")]
    advice: Option<String>,
}

/// Judge a password
///
/// Says what a registration would say of this password, as it is being typed. Nothing is kept, and no account
/// is looked at.
#[utoipa::path(
    post,
    path = "/auth/password/advice",
    tag = "sign-in",
    request_body = AdviceRequest,
    responses(
        (status = 200, description = "The password was judged.", body = PasswordAdvice),
        BodyProblems, ValidationProblem, ThrottledProblem, ServerProblems
    )
)]
pub(super) async fn advise(
    body: web::Json<JsonObject<AdviceRequest>>,
    client: Client,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let AdviceRequest {
        password,
        username,
        email,
        full_name,
    } = body.into_inner().0;
    let fields = [
        ("username", username),
        ("email", email.map(canonical)),
        ("full_name", full_name),
    ];
    let refused = advise_on(&state, password.0, context(fields)?, &client).await?;
    Ok(HttpResponse::Ok().json(PasswordAdvice {
        acceptable: refused.is_none(),
        advice: refused.map(|refused| refused.to_string()),
    }))
}

/// As a registration would look for it in the password, once the address is one.
fn canonical(typed: String) -> String {
    Email::parse(&typed).map_or(typed, |email| email.as_str().to_owned())
}

/// What was typed so far need not be right yet, only no longer than what can be.
fn context(fields: [(&'static str, Option<String>); 3]) -> Result<Vec<String>, Problem> {
    let mut errors = FieldErrors::default();
    let mut known = Vec::new();
    for (name, text) in fields {
        match text {
            Some(text) if text.chars().count() > LONGEST_FIELD => {
                errors.note(FieldError::new(name, "length", "This is too long."));
            }
            text => known.extend(text),
        }
    }
    errors.none_or_problem()?;
    Ok(known)
}
