//! `GET /auth/verify`

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{AUTHORIZATION, HeaderMap, HeaderValue},
    web,
};
use service_runtime::openapi::{CallerProblems, ServerProblems};
use shared_claims::actix::{Authorized, Problem, same_origin};

use super::{HttpSettings, openapi::AccessTokenClaims};

/// Check an access token for a gateway
///
/// For `auth_request` of nginx and the forward-auth of Traefik and Caddy. The token is checked
/// against the public keys only; no database is asked. Where access tokens may come in a cookie, the
/// gateway has to pass on the client's method in `X-Original-Method` or `X-Forwarded-Method`.
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
pub(super) async fn verify(
    request: HttpRequest,
    authorized: Authorized,
    settings: web::Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    let headers = request.headers();
    // A gateway asks with GET, whatever the client's method; by a cookie, only a page of ours may
    // change something.
    if !token_is_in_header(headers) && !forwarded_method_is_safe(headers) {
        same_origin::check(headers, &settings.cookie_origins)?;
    }
    let claims = authorized.claims();
    let mut response = HttpResponse::Ok();
    add_header(&mut response, "X-Auth-Subject", &claims.sub);
    add_header(&mut response, "X-Auth-Session", &claims.sid);
    add_header(&mut response, "X-Auth-Scope", claims.scope.as_str());
    Ok(response.json(claims))
}

/// Whether the token came in the header, which no page of another site can set. Other schemes than
/// Bearer do not count: a browser adds Basic by itself.
fn token_is_in_header(headers: &HeaderMap) -> bool {
    const SCHEME: &[u8] = b"Bearer ";
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.as_bytes().get(..SCHEME.len()))
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// Whether the gateway says that the client's call changes nothing (nginx by convention, Traefik and
/// Caddy by default).
fn forwarded_method_is_safe(headers: &HeaderMap) -> bool {
    ["x-original-method", "x-forwarded-method"]
        .iter()
        .find_map(|name| headers.get(*name))
        .is_some_and(|method| matches!(method.as_bytes(), b"GET" | b"HEAD" | b"OPTIONS"))
}

/// Adds a header whose value is of this server's own making, and so always fits one.
fn add_header(response: &mut HttpResponseBuilder, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.insert_header((name, value));
    }
}
