//! `POST /auth/logout`

use std::time::Instant;

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, web};
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
    delivery::{no_content_without_cookies, refresh_cookie, refuse_foreign_pages, two_tokens},
    input::Secret,
    openapi::{CrossSiteProblem, LogOutProblem},
};
use crate::{
    client::Client,
    sessions::{
        caller::Caller,
        log_out::{Holder, LogOutScope, log_out as end_sessions},
    },
    state::AuthState,
    tokens::refresh_token::RefreshToken,
};

/// What to log out of.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogOutRequest {
    /// `this` session, the person's `others`, or `all`.
    #[serde(default)]
    scope: Scope,
    /// For clients that keep the refresh token themselves.
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "lowercase", try_from = "String")]
enum Scope {
    #[default]
    This,
    Others,
    All,
}

// Read from a string: serde's own reading of an enum would also take `{"all": null}`.
impl TryFrom<String> for Scope {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "this" => Ok(Self::This),
            "others" => Ok(Self::Others),
            "all" => Ok(Self::All),
            _ => Err("unknown scope"),
        }
    }
}

impl From<Scope> for LogOutScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::This => Self::This,
            Scope::Others => Self::Others,
            Scope::All => Self::All,
        }
    }
}

/// Log out
///
/// Ends sessions, in the name of the refresh token in the body or the cookie, or else of the access
/// token. Repeating it changes nothing and is answered alike. A superseded refresh token speaks for
/// its own session only, which it ends; for other scopes that is answered with 401.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "sign-in",
    request_body(content = Option<LogOutRequest>, description = "May be left out."),
    security((), ("access_token" = [])),
    responses(
        (status = 204, description = "Logged out; the cookies are taken back unless only others were.",
         headers(("Set-Cookie" = String, description = "Clears `__Host-refresh_token` and `__Host-signed-in`."))),
        BodyProblems, LogOutProblem, CrossSiteProblem, ServerProblems
    )
)]
pub(super) async fn log_out(
    request: HttpRequest,
    body: OptionalJson<LogOutRequest>,
    client: Client,
    state: web::Data<AuthState>,
    settings: web::Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    let arrived = Instant::now();
    // Even without a cookie: a strict cookie is not sent from a form of another site, but a browser
    // would take it back at the answer's word.
    refuse_foreign_pages(request.headers(), &settings)?;
    let LogOutRequest {
        scope,
        refresh_token,
    } = body.0.unwrap_or_default();
    if let Some(holder) = holder(&request, refresh_token.as_ref(), &state, &settings).await? {
        end_sessions(&state, holder, scope.into(), client, arrived).await?;
    }
    Ok(match scope {
        Scope::Others => HttpResponse::NoContent().finish(),
        Scope::This | Scope::All => no_content_without_cookies(&settings),
    })
}

/// Who asks: the holder of the refresh token or, without one that this server issued, of the access
/// token. With neither there is nothing to end.
async fn holder(
    request: &HttpRequest,
    in_body: Option<&Secret>,
    state: &AuthState,
    settings: &HttpSettings,
) -> Result<Option<Holder>, Problem> {
    let in_body = in_body.map(|token| token.0.expose_secret());
    let unverified_token = match (refresh_cookie(request, settings)?, in_body) {
        (Some(_), Some(_)) => return Err(two_tokens()),
        (in_cookie, in_body) => in_cookie.or(in_body),
    };
    let authentic =
        unverified_token.and_then(|token| RefreshToken::authenticate(token, &state.master_keys));
    if let Some(token) = authentic {
        return Ok(Some(Holder::OfRefreshToken(token)));
    }
    match Caller::from_request(request, &mut Payload::None).await {
        Ok(caller) => Ok(Some(Holder::OfAccessToken(caller))),
        Err(problem) if matches!(problem.code(), "missing_token" | "session_revoked") => Ok(None),
        Err(problem) => Err(problem),
    }
}
