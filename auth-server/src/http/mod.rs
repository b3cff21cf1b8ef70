//! The HTTP of the auth server: the whole route table, and beside it the handlers and wire types by
//! resource.

mod admin;
mod caller;
mod client;
mod delivery;
mod error;
mod events;
#[cfg(test)]
mod fuzz;
mod health;
mod input;
mod log_in;
mod log_out;
mod me;
mod openapi;
mod parameters;
mod password;
mod password_advice;
mod refresh;
mod register;
mod sessions;
mod verify;
mod well_known;

use std::time::Duration;

use actix_web::{
    http::header::HeaderName,
    web::{self, ServiceConfig, delete, post},
};

use service_runtime::http::Readable;

pub use openapi::ApiDoc;

/// How the HTTP side answers, as configured.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Origins whose pages may use cookies: the server's own and the allowed ones.
    pub cookie_origins: Vec<String>,
    /// Other origins whose pages may call.
    pub allowed_origins: Vec<String>,
    /// Whether access tokens also go into a cookie.
    pub access_cookie: bool,
    /// How long the metadata may be kept.
    pub metadata_max_age: Duration,
}

/// How many tries are free at first (draft-ietf-httpapi-ratelimit-headers).
pub const RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
/// How many are left now.
pub const RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// Seconds until the next one is let in.
pub const RATELIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The cookie that holds the access token, where that is switched on.
pub const ACCESS_COOKIE: &str = "__Host-access_token";

/// Bytes of a body at the most.
pub const BODY_LIMIT: usize = 32 * 1024;

/// The route table.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/auth/register").route(post().to(register::register)))
        .service(web::resource("/auth/login").route(post().to(log_in::log_in)))
        .service(web::resource("/auth/refresh").route(post().to(refresh::refresh)))
        .service(web::resource("/auth/logout").route(post().to(log_out::log_out)))
        .service(
            web::resource("/auth/me")
                .read(me::show)
                .route(web::patch().to(me::change))
                .route(delete().to(me::delete)),
        )
        .service(web::resource("/auth/password").route(post().to(password::change)))
        .service(web::resource("/auth/password/advice").route(post().to(password_advice::advise)))
        .service(web::resource("/auth/events").read(events::list))
        .service(web::resource("/auth/sessions").read(sessions::list))
        .service(web::resource("/auth/sessions/{id}").route(delete().to(sessions::revoke)))
        .configure(admin::routes)
        .service(web::resource("/auth/verify").read(verify::verify))
        .service(web::resource("/.well-known/jwks.json").read(well_known::jwks))
        .service(web::resource("/.well-known/public-key.pem").read(well_known::public_key))
        .service(web::resource("/.well-known/revocations.jwt").read(well_known::revocations))
        .service(
            web::resource([
                "/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server",
            ])
            .read(well_known::metadata),
        )
        .service(web::resource("/health/live").read(health::live))
        .service(web::resource("/health/ready").read(health::ready))
        .configure(openapi::routes);
}
