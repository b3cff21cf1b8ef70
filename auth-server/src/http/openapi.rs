//! The OpenAPI 3.1 document of this service, and the UI for it and the notes API's.

mod bodies;

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Serialize;
use service_runtime::{
    http::{Readable, not_found_problem},
    openapi::{AccessTokenScheme, DeclaredLicense, ProblemAnswer},
    problem_groups,
};
use shared_claims::actix::{FieldError, Problem, ProblemBody};
use utoipa::{OpenApi, ToSchema};
use utoipa_swagger_ui::{Config, Url};

use self::bodies::ExactBodies;
use super::{
    admin, events, health, log_in, log_out, me, password, password_advice, refresh, register,
    sessions, verify, well_known,
};
use crate::events::EventKind;

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Latchkey auth server",
        description = "Registers people, signs them in, issues RS256 access tokens and manages \
                       their sessions. Every error is `application/problem+json` (RFC 9457) with a \
                       stable `code` and the request's id, which every answer has in `X-Request-Id` \
                       too."
    ),
    tags(
        (name = "sign-in", description = "Tokens: getting, refreshing and giving them up"),
        (name = "account", description = "One's own profile, password and devices"),
        (name = "administration", description = "For administrators, with a token of the scope `auth:admin`"),
        (name = "verification", description = "What others need to verify access tokens"),
        (name = "health", description = "For operators")
    ),
    paths(
        register::register, log_in::log_in, refresh::refresh, log_out::log_out,
        password_advice::advise, me::show, me::change, me::delete, password::change,
        sessions::list, sessions::revoke, events::list,
        admin::users::list, admin::users::passwords::create, admin::users::show,
        admin::users::delete, admin::users::permissions::disable,
        admin::users::permissions::enable, admin::users::sign_out,
        admin::users::passwords::set_temporary_password,
        admin::users::permissions::grant_administrator,
        admin::users::permissions::revoke_administrator,
        admin::sessions::list, admin::sessions::revoke,
        admin::events::list, admin::events::export, admin::keys::list, admin::keys::rotate,
        admin::keys::revoke, admin::keys::reseal, verify::verify,
        well_known::jwks, well_known::public_key, well_known::revocations, well_known::metadata,
        health::live, health::ready
    ),
    components(schemas(ProblemBody, FieldError, EventKind)),
    modifiers(&AccessTokenScheme, &DeclaredLicense, &ExactBodies)
)]
pub struct ApiDoc;

/// Serves the document and the UI, which needs nothing from elsewhere.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let documents = vec![
        Url::with_primary("Auth server", "/api-docs/auth/openapi.json", true),
        Url::new("Notes API", "/api-docs/notes/openapi.json"),
    ];
    let ui = Config::new(documents).persist_authorization(false);
    config
        .service(
            web::resource("/api-docs/auth/openapi.json")
                .read(async || HttpResponse::Ok().json(ApiDoc::openapi())),
        )
        .service(web::redirect("/api-docs", "/api-docs/"))
        .service(
            web::resource("/api-docs/{file:.*}")
                .app_data(web::Data::new(ui))
                .read(file),
        );
}

/// A file of the UI. The one that is not there is answered like anything else that is not.
async fn file(
    name: web::Path<String>,
    ui: web::Data<Config<'static>>,
) -> Result<HttpResponse, Problem> {
    // An error says that the files compiled into it do not fit together, whoever asks.
    let found = utoipa_swagger_ui::serve(&name, ui.into_inner());
    let file = found.ok().flatten().ok_or_else(not_found_problem)?;
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .body(file.bytes.into_owned()))
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

problem_groups! {
    /// For names that are unique.
    ConflictProblem {
        ProblemAnswer {
            status: StatusCode::CONFLICT,
            description: "`username_taken` or `email_taken`.",
            code: "username_taken",
            detail: "Someone goes by this username.",
            header: None,
        },
    }
    /// For what an administrator does to others only.
    OwnAccountProblem {
        ProblemAnswer {
            status: StatusCode::CONFLICT,
            description: "`own_account`: it is the caller's own.",
            code: "own_account",
            detail: "Administrators do not do this to their own account.",
            header: None,
        },
    }
    /// For rotating keys.
    KeyConflictProblem {
        ProblemAnswer {
            status: StatusCode::CONFLICT,
            description: "`key_not_ready`: the key is not pending, or not published for long enough.",
            code: "key_not_ready",
            detail: "No pending key has been seen to be published yet.",
            header: None,
        },
    }
    /// For the login.
    CredentialsProblem {
        ProblemAnswer {
            status: StatusCode::UNAUTHORIZED,
            description: "`invalid_credentials`: there is no such person, or the password is wrong; \
                          which of these is not told.",
            code: "invalid_credentials",
            detail: "The name or the password is wrong.",
            header: None,
        },
    }
    /// For the login, in place of what is usual.
    LogInProblems {
        ProblemAnswer {
            status: StatusCode::BAD_REQUEST,
            description: "`malformed_request`: the request cannot be read, or has an unknown or \
                          repeated member. `invalid_scope`: this server gives no such scope, or \
                          not to this person.",
            code: "invalid_scope",
            detail: "Only administrators may ask for auth:admin.",
            header: None,
        },
        ProblemAnswer {
            status: StatusCode::FORBIDDEN,
            description: "`password_change_required`: the password is right and temporary, and a \
                          `new_password` has to come with it. `cross_site_request`: a page of \
                          another site calls.",
            code: "password_change_required",
            detail: "This password is temporary. Log in with it and a new_password of your own.",
            header: None,
        },
    }
    /// For the refresh.
    RefreshTokenProblem {
        ProblemAnswer {
            status: StatusCode::UNAUTHORIZED,
            description: "`refresh_token_missing`, `invalid_refresh_token`, `refresh_token_expired`, \
                          `session_revoked`, or `refresh_token_reused`: it was succeeded before, and \
                          the session has been ended.",
            code: "session_revoked",
            detail: "The session was ended.",
            header: None,
        },
    }
    /// For the logout.
    LogOutProblem {
        ProblemAnswer {
            status: StatusCode::UNAUTHORIZED,
            description: "`invalid_token`: the access token is bad, with the challenge of RFC 6750. \
                          `refresh_token_reused`: the refresh token was succeeded before; its own \
                          session has been ended, and no other.",
            code: "refresh_token_reused",
            detail: "This refresh token was used before; the session has been ended.",
            header: None,
        },
    }
    /// For calls that set or use cookies.
    CrossSiteProblem {
        ProblemAnswer {
            status: StatusCode::FORBIDDEN,
            description: "`cross_site_request`: a page of another site calls.",
            code: "cross_site_request",
            detail: "a request that is authenticated by a cookie has to come from our own pages",
            header: None,
        },
    }
    /// For calls that ask for the password.
    WrongPasswordProblem {
        ProblemAnswer {
            status: StatusCode::FORBIDDEN,
            description: "`invalid_credentials`: the password is wrong. `cross_site_request`: the \
                          access token came in a cookie, and the request from a page of another \
                          site.",
            code: "invalid_credentials",
            detail: "The password is wrong.",
            header: None,
        },
    }
    /// For calls that are throttled.
    ThrottledProblem {
        ProblemAnswer {
            status: StatusCode::TOO_MANY_REQUESTS,
            description: "`rate_limited`: too many wrong passwords, names or calls. Nothing was compared. `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` say \
                          the same in numbers.",
            code: "rate_limited",
            detail: "Too many wrong passwords for this account. Try again in 8 seconds.",
            header: Some(("Retry-After", "Seconds until the next try is let in.")),
        },
    }
    /// For calls that sign or hash.
    InternalProblem {
        ProblemAnswer {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            description: "`internal_error`: the machine gives no randomness. It is in the log.",
            code: "internal_error",
            detail: "Something went wrong on our side.",
            header: None,
        },
    }
}
