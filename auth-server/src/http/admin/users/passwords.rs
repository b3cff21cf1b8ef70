//! Passwords that people get from an administrator: at first, or in place of a forgotten one.

use actix_web::{HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;
use service_runtime::{
    http::OptionalJson,
    json_object::JsonObject,
    openapi::{BodyProblems, CallerProblems, NotFoundProblem, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    administration::{
        Administrator, Refusal,
        users::{self, NewAccount, UserWithPassword},
    },
    failure::Failure,
    http::{
        input::{FieldErrors, Secret},
        openapi::{ConflictProblem, InternalProblem, OwnAccountProblem},
    },
    state::AuthState,
    users::{
        email::Email, full_name::FullName, hashing_gate::Standing, store::NewUser,
        temporary_password::TemporaryPassword, username::Username,
    },
};

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
        let (text, made_up) = TemporaryPassword::unless_given(given).map_err(Failure::from)?;
        let Administrator { caller, client } = administrator;
        let standing = Standing::Known(caller.user_id, client.network());
        let accepted = state.passwords.accept(text, context, standing, &key_ring);
        let hash = accepted.await??;
        Ok(Self { hash, made_up })
    }
}
