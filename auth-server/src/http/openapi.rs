//! The OpenAPI 3.1 document of this service, and the UI for it and the notes API's.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use service_runtime::{http::Readable, openapi::AccessTokenScheme};
use utoipa::{OpenApi, ToSchema};
use utoipa_swagger_ui::{SwaggerUi, Url};

use super::{
    health, log_in, log_out, me, password, refresh, register, sessions, verify, well_known,
};

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Latchkey auth server",
        description = "Registers people, signs them in, issues RS256 access tokens and manages \
                       their sessions. Every error is `application/problem+json` (RFC 9457) with a \
                       stable `code`."
    ),
    tags(
        (name = "sign-in", description = "Tokens: getting, refreshing and giving them up"),
        (name = "account", description = "One's own profile, password and devices"),
        (name = "verification", description = "What others need to verify access tokens"),
        (name = "health", description = "For operators")
    ),
    paths(
        register::register, log_in::log_in, refresh::refresh, log_out::log_out,
        me::show, me::change, me::delete, password::change,
        sessions::list, sessions::revoke, verify::verify,
        well_known::jwks, well_known::public_key, well_known::metadata,
        health::live, health::ready
    ),
    modifiers(&AccessTokenScheme)
)]
pub struct ApiDoc;

/// Serves the document and the UI, which needs nothing from elsewhere.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let documents = vec![
        Url::with_primary("Auth server", "/api-docs/auth/openapi.json", true),
        Url::new("Notes API", "/api-docs/notes/openapi.json"),
    ];
    let ui = SwaggerUi::new("/api-docs/{_:.*}")
        .config(utoipa_swagger_ui::Config::new(documents).persist_authorization(false));
    config
        .service(
            web::resource("/api-docs/auth/openapi.json")
                .read(async || HttpResponse::Ok().json(ApiDoc::openapi())),
        )
        .service(web::redirect("/api-docs", "/api-docs/"))
        .service(ui);
}

/// The claims of an access token, for the document; `shared-claims` is what defines them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessTokenClaims {
    /// Issuer.
    iss: String,
    /// The person's id.
    sub: String,
    /// The services that it is for.
    aud: Vec<String>,
    /// Expiry, in seconds since 1970.
    exp: i64,
    /// Issue, in seconds since 1970.
    iat: i64,
    /// The token's id.
    jti: String,
    /// The session's id.
    sid: String,
    /// What it permits.
    scope: String,
}

/// A JSON Web Key Set (RFC 7517), for the document; `shared-claims` is what defines it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JsonWebKeySet {
    /// Public RSA keys: `kty`, `use`, `alg`, `kid`, `n`, `e`.
    keys: Vec<serde_json::Map<String, serde_json::Value>>,
}

service_runtime::problem_responses! {
    /// For names that are unique.
    ConflictProblem {
        Taken = 409 "`username_taken` or `email_taken`."
    }
    /// For the login.
    CredentialsProblem {
        Refused = 401 "`invalid_credentials`: no such person or a wrong password; which is not told."
    }
    /// For the refresh.
    RefreshTokenProblem {
        Refused = 401 "`refresh_token_missing`, `invalid_refresh_token`, `refresh_token_expired`, `refresh_token_reused` or `session_revoked`."
    }
    /// For calls that set or use cookies.
    CrossSiteProblem {
        Refused = 403 "`cross_site_request`: a page of another site calls."
    }
    /// For calls that ask for the password.
    WrongPasswordProblem {
        Refused = 403 "`invalid_credentials`: the password is wrong."
    }
}
