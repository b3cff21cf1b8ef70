//! `POST /auth/refresh`

use std::{sync::Arc, time::Instant};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use secrecy::ExposeSecret;
use serde::Deserialize;
use service_runtime::{
    http::OptionalJson,
    openapi::{BodyProblems, ServerProblems},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;

use super::{
    HttpSettings,
    delivery::{Delivery, TokenResponse, deliver, refresh_cookie, two_tokens},
    input::Secret,
    openapi::{CrossSiteProblem, InternalProblem, RefreshTokenProblem},
};
use crate::{client::Client, sessions::refresh, state::AuthState};

/// The refresh token, for clients that keep it themselves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    /// As delivered in the body of a login, registration or refresh.
    #[schema(value_type = String, example = "lkrt_…")]
    refresh_token: Secret,
}

/// Refresh
///
/// Exchanges the refresh token for its successor and a fresh access token. The token comes from the
/// cookie or from the body, and the answer goes the same way. A token that was exchanged less than
/// the grace window ago gives the same successor again; an older one ends the session.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "sign-in",
    request_body(content = Option<RefreshRequest>, description = "Left out when the cookie is sent."),
    responses(
        (status = 200, description = "Refreshed.", body = TokenResponse,
         headers(("Set-Cookie" = String, description = "When the token came in the cookie and has a successor: `__Host-refresh_token`, and `__Host-signed-in`, which lives as long."))),
        BodyProblems, RefreshTokenProblem, CrossSiteProblem, ServerProblems, InternalProblem
    )
)]
pub(super) async fn refresh(
    request: HttpRequest,
    body: OptionalJson<RefreshRequest>,
    client: Client,
    state: web::Data<AuthState>,
    settings: web::Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    let arrived = Instant::now();
    let in_cookie = refresh_cookie(&request, &settings)?;
    let in_body = body
        .0
        .as_ref()
        .map(|body| body.refresh_token.0.expose_secret());
    let (token, delivery) = match (in_cookie, in_body) {
        (Some(token), None) => (token, Delivery::Cookie),
        (None, Some(token)) => (token, Delivery::Body),
        (None, None) => return Err(no_token()),
        (Some(_), Some(_)) => return Err(two_tokens()),
    };
    let state = Arc::clone(&state);
    let grant = refresh::refresh(&state, token, client, arrived).await?;
    Ok(deliver(
        StatusCode::OK,
        grant,
        delivery,
        Some(token),
        &settings,
    ))
}

fn no_token() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "refresh_token_missing",
        "There is no refresh token, neither in the cookie nor in the body.",
    )
}
