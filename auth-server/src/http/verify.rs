//! `GET /auth/verify`

use actix_web::{HttpResponse, HttpResponseBuilder, http::header::HeaderValue};
use service_runtime::openapi::{CallerProblems, ServerProblems};
use shared_claims::actix::{Authorized, Problem};

use super::openapi::AccessTokenClaims;

/// Check an access token for a gateway
///
/// For `auth_request` of nginx and the forward-auth of Traefik and Caddy. The token is checked
/// against the public keys only; no database is asked.
#[utoipa::path(
    get,
    path = "/auth/verify",
    tag = "verification",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The token is good.", body = AccessTokenClaims,
         headers(
            ("X-Auth-Subject" = String, description = "The `sub` claim."),
            ("X-Auth-Session" = String, description = "The `sid` claim."),
            ("X-Auth-Scope" = String, description = "The `scope` claim.")
         )),
        CallerProblems, ServerProblems
    )
)]
pub(super) async fn verify(authorized: Authorized) -> Result<HttpResponse, Problem> {
    let claims = authorized.claims();
    let mut response = HttpResponse::Ok();
    add_header(&mut response, "X-Auth-Subject", &claims.sub);
    add_header(&mut response, "X-Auth-Session", &claims.sid);
    add_header(&mut response, "X-Auth-Scope", claims.scope.as_str());
    Ok(response.json(claims))
}

/// Adds a header whose value is of this server's own making, and so always fits one.
fn add_header(response: &mut HttpResponseBuilder, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.insert_header((name, value));
    }
}
