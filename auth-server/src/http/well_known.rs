//! `/.well-known/…`: what others need to verify access tokens.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CacheControl, CacheDirective, ETag, EntityTag, Header, IfNoneMatch},
    web,
};
use serde::Serialize;
use service_runtime::openapi::ServerProblems;
use shared_claims::{FEED_MEDIA_TYPE, FEED_PATH, actix::Problem};
use utoipa::ToSchema;

use super::{HttpSettings, openapi::JsonWebKeySet};
use crate::{
    failure::Failure, keys::key_ring::PublishedDocument, state::AuthState,
    tokens::scope::ADMIN_SCOPE,
};

/// Public keys
///
/// The JSON Web Key Set (RFC 7517) with the public key of every published signing key.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "verification",
    responses(
        (status = 200, description = "The keys.", body = JsonWebKeySet,
         content_type = "application/jwk-set+json",
         headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "The keys are those of `If-None-Match`."),
        ServerProblems
    )
)]
pub(super) async fn jwks(
    request: HttpRequest,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let published = state.keys.published()?;
    Ok(publish(
        &request,
        published.key_ring.jwks(),
        "application/jwk-set+json",
        fresh_for(published.max_age),
    ))
}

/// Active public key as PEM
///
/// For tools that know no JWK Sets, such as openssl.
#[utoipa::path(
    get,
    path = "/.well-known/public-key.pem",
    tag = "verification",
    responses(
        (status = 200, description = "SubjectPublicKeyInfo of the active signing key.",
         body = String, content_type = "application/x-pem-file",
         headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "The key is that of `If-None-Match`."),
        ServerProblems
    )
)]
pub(super) async fn public_key(
    request: HttpRequest,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let published = state.keys.published()?;
    Ok(publish(
        &request,
        published.key_ring.pem(),
        "application/x-pem-file",
        fresh_for(published.max_age),
    ))
}

/// Revocation feed
///
/// The sessions that ended before their time and whose access tokens have not expired yet, and the
/// signing keys that were dropped in an emergency, as a signed document: claims `iss`, `iat`, `exp`,
/// `sessions` and `keys`, the latter two objects of ids with the instants at which the entries leave.
/// A revocation is in it within half a second. Asking for it causes no query.
#[utoipa::path(
    get,
    path = "/.well-known/revocations.jwt",
    tag = "verification",
    responses(
        (status = 200, description = "A JWS of type `revocations+jwt`, signed like an access token.",
         body = String, content_type = "application/jwt",
         headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "The document is that of `If-None-Match`."),
        ServerProblems
    )
)]
pub(super) async fn revocations(
    request: HttpRequest,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let document = state.revocations.document();
    let document = document.ok_or(Failure::FeedNotConfirmed)?;
    let revalidate = CacheControl(vec![CacheDirective::Public, CacheDirective::NoCache]);
    Ok(publish(&request, &document, FEED_MEDIA_TYPE, revalidate))
}

/// Who issues tokens here and how to verify them (RFC 8414, OpenID Connect Discovery 1.0). It names
/// only what is really served: there are no authorization or token endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Metadata {
    /// The `iss` claim of access tokens.
    #[schema(example = "http://localhost:8080")]
    issuer: String,
    /// Where the public keys are.
    #[schema(example = "http://localhost:8080/.well-known/jwks.json")]
    jwks_uri: String,
    /// Where the revocation feed is (Latchkey's own member).
    #[schema(example = "http://localhost:8080/.well-known/revocations.jwt")]
    revocation_feed_uri: String,
    /// What access tokens may permit.
    scopes_supported: Vec<String>,
    /// The claims of access tokens.
    claims_supported: &'static [&'static str],
    /// How access tokens are signed.
    access_token_signing_alg_values_supported: &'static [&'static str],
    /// None: people sign in at `/auth/login`.
    response_types_supported: &'static [&'static str],
    /// None: sessions are refreshed at `/auth/refresh`.
    grant_types_supported: &'static [&'static str],
    /// `public`: a person has one `sub` for everyone.
    subject_types_supported: &'static [&'static str],
    /// None: there are no ID tokens.
    id_token_signing_alg_values_supported: &'static [&'static str],
    /// Where the documentation is.
    service_documentation: String,
}

const CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "jti",
    "client_id",
    "sid",
    "auth_time",
    "scope",
    "preferred_username",
    "email",
    "name",
];

/// Metadata
///
/// Also served as `/.well-known/oauth-authorization-server`.
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    tag = "verification",
    responses((status = 200, description = "The metadata.", body = Metadata))
)]
pub(super) async fn metadata(
    state: web::Data<AuthState>,
    settings: web::Data<HttpSettings>,
) -> HttpResponse {
    let policy = &state.access_token_policy;
    let issuer = policy.issuer.clone();
    HttpResponse::Ok()
        .insert_header(fresh_for(settings.metadata_max_age))
        .json(Metadata {
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            revocation_feed_uri: format!("{issuer}{FEED_PATH}"),
            service_documentation: format!("{issuer}/api-docs/"),
            issuer,
            scopes_supported: policy
                .scope
                .iter()
                .chain([ADMIN_SCOPE])
                .map(str::to_owned)
                .collect(),
            claims_supported: CLAIMS,
            access_token_signing_alg_values_supported: &["RS256"],
            response_types_supported: &[],
            grant_types_supported: &[],
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: &[],
        })
}

fn publish(
    request: &HttpRequest,
    document: &PublishedDocument,
    content_type: &'static str,
    cache_control: CacheControl,
) -> HttpResponse {
    let tag = EntityTag::new_strong(document.etag.clone());
    let known = IfNoneMatch::parse(request).is_ok_and(|known| match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|known| known.weak_eq(&tag)),
    });
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(ETag(tag))
        .insert_header(cache_control);
    if known {
        return response.finish();
    }
    response
        .content_type(content_type)
        .body(document.body.clone())
}

fn fresh_for(max_age: Duration) -> CacheControl {
    let seconds = u32::try_from(max_age.as_secs()).unwrap_or(u32::MAX);
    CacheControl(vec![
        CacheDirective::Public,
        CacheDirective::MaxAge(seconds),
    ])
}
