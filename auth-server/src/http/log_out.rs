//! `POST /auth/logout`

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web};
use secrecy::ExposeSecret;
use serde::Deserialize;
use service_runtime::{
    http::OptionalJson,
    openapi::{BodyProblems, CallerProblems, ServerProblems},
};
use shared_claims::actix::Problem;
use utoipa::ToSchema;

use super::{
    HttpSettings,
    delivery::{no_content_without_cookies, refresh_cookie, refuse_foreign_pages},
    input::Secret,
    openapi::CrossSiteProblem,
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

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Scope {
    #[default]
    This,
    Others,
    All,
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
/// token. Repeating it changes nothing and is answered alike.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "sign-in",
    request_body(content = Option<LogOutRequest>, description = "May be left out."),
    security((), ("access_token" = [])),
    responses(
        (status = 204, description = "Logged out; the cookies are taken back unless only others were.",
         headers(("Set-Cookie" = String, description = "Clears `__Host-refresh_token`."))),
        BodyProblems, CallerProblems, CrossSiteProblem, ServerProblems
    )
)]
pub(super) async fn log_out(
    request: HttpRequest,
    body: OptionalJson<LogOutRequest>,
    client: Client,
    state: web::Data<AuthState>,
    settings: web::Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    // Even without a cookie: a strict cookie is not sent from a form of another site, but a browser
    // would take it back at the answer's word.
    refuse_foreign_pages(request.headers(), &settings)?;
    let LogOutRequest {
        scope,
        refresh_token,
    } = body.0.unwrap_or_default();
    let in_body = refresh_token.map(|token| token.0.expose_secret().to_owned());
    let refresh_token = match in_body {
        Some(token) => Some(token),
        None => refresh_cookie(&request, &settings)?,
    };
    let authentic = refresh_token
        .as_deref()
        .and_then(|text| RefreshToken::authenticate(text, &state.master_keys));
    let holder = match authentic {
        Some(token) => Some(Holder::OfRefreshToken(token)),
        None if request.headers().contains_key(header::AUTHORIZATION) => {
            let caller = Caller::from_request(&request, &mut Payload::None).await?;
            Some(Holder::OfAccessToken(caller))
        }
        None => None,
    };
    if let Some(holder) = holder {
        end_sessions(&state, holder, scope.into(), client).await?;
    }
    Ok(match scope {
        Scope::Others => HttpResponse::NoContent().finish(),
        Scope::This | Scope::All => no_content_without_cookies(&settings),
    })
}
