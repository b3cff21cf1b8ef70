//! How tokens travel: in an HttpOnly cookie for browsers, with one beside it that pages can read, or in the
//! body for everyone else.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::{
        StatusCode,
        header::{HeaderMap, ORIGIN},
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service_runtime::http::malformed;
use shared_claims::actix::{Problem, cookie, same_origin};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ACCESS_COOKIE, HttpSettings};
use crate::{
    sessions::grant::Grant,
    state::AuthState,
    tokens::device_token::{DeviceToken, IssuedDeviceToken},
    users::store::User,
};

/// How the refresh token is delivered.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub(super) enum Delivery {
    /// In the cookie `__Host-refresh_token`, out of reach of scripts: for browsers.
    #[default]
    Cookie,
    /// In the body: for mobile applications and command lines.
    Body,
}

// Read from a string: serde's own reading of an enum would also take `{"body": null}`.
impl TryFrom<String> for Delivery {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "cookie" => Ok(Self::Cookie),
            "body" => Ok(Self::Body),
            _ => Err("unknown delivery"),
        }
    }
}

/// Tokens, and whose they are.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenResponse {
    /// RS256 access token (RFC 9068), for `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: i64,
    /// What the access token permits, separated by spaces.
    #[schema(example = "notes:read notes:write")]
    scope: String,
    /// The session, as `GET /auth/sessions` lists it.
    session_id: Uuid,
    /// Seconds until the session ends unless it is refreshed.
    #[schema(example = 604_800)]
    refresh_expires_in: i64,
    /// Only with delivery in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    /// Only after registration and login.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user: Option<UserResponse>,
}

/// A person, as shown to themselves.
#[derive(Serialize, ToSchema)]
pub(super) struct UserResponse {
    /// The `sub` claim of their access tokens.
    id: Uuid,
    /// In lower case.
    #[schema(example = "ada")]
    username: String,
    /// In canonical form.
    #[schema(example = "ada@example.org")]
    email: String,
    /// If given.
    #[schema(example = "Ada Lovelace")]
    full_name: Option<String>,
    /// When they registered.
    created_at: DateTime<Utc>,
}

impl From<User> for UserResponse {
    fn from(user: User) -> Self {
        let User {
            id,
            username,
            email,
            full_name,
            created_at,
        } = user;
        Self {
            id,
            username,
            email,
            full_name,
            created_at,
        }
    }
}

const REFRESH_COOKIE: &str = "__Host-refresh_token";
/// Comes and goes with the refresh cookie, which no page can see: tells pages whether to ask for a refresh.
const SIGNED_IN_COOKIE: &str = "__Host-signed-in";
const DEVICE_COOKIE: &str = "__Host-device";
const DEVICE_COOKIE_SECONDS: i64 = 180 * 24 * 60 * 60;

/// Answers with tokens. `presented` is the refresh token that they were asked for with, if with one.
///
/// A cookie that the client has is not set again. An answer that repeats the token may be slow, and
/// overtaken by one that brings its successor: it would put the older token back, and the next refresh
/// with that looks like theft.
pub(super) fn deliver(
    status: StatusCode,
    grant: Grant,
    delivery: Delivery,
    presented: Option<&str>,
    settings: &HttpSettings,
) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if delivery == Delivery::Cookie {
        let value = grant.refresh_token.expose();
        if presented != Some(value) {
            let lifetime = grant.refresh_expires_in;
            response.cookie(set_cookie(REFRESH_COOKIE, value.to_owned(), lifetime));
            response.cookie(signed_in_cookie("1", lifetime));
        }
        if settings.access_cookie {
            let value = grant.access_token.expose().to_owned();
            response.cookie(set_cookie(ACCESS_COOKIE, value, grant.expires_in));
        }
    }
    let user = grant.signed_in.map(|signed_in| {
        response.cookie(device_cookie(&signed_in.device_token));
        signed_in.user.into()
    });
    let in_body = delivery == Delivery::Body;
    response.json(TokenResponse {
        access_token: grant.access_token.expose().to_owned(),
        token_type: "Bearer",
        expires_in: grant.expires_in,
        scope: grant.scope.as_str().to_owned(),
        session_id: grant.session_id,
        refresh_expires_in: grant.refresh_expires_in,
        refresh_token: in_body.then(|| grant.refresh_token.expose().to_owned()),
        user,
    })
}

/// Answers 204 and takes the cookies back.
pub(super) fn no_content_without_cookies(settings: &HttpSettings) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response.cookie(set_cookie(REFRESH_COOKIE, String::new(), 0));
    response.cookie(signed_in_cookie("", 0));
    if settings.access_cookie {
        response.cookie(set_cookie(ACCESS_COOKIE, String::new(), 0));
    }
    response.finish()
}

/// The refresh token in the cookie, if there is one. A call that acts by it must come from a page of
/// ours.
///
/// # Errors
///
/// 403 `cross_site_request`; 400 `malformed_request` for two such cookies.
pub(super) fn refresh_cookie<'r>(
    request: &'r HttpRequest,
    settings: &HttpSettings,
) -> Result<Option<&'r str>, Problem> {
    let found = cookie::read(request.headers(), REFRESH_COOKIE)
        .map_err(|_| malformed("There is more than one refresh cookie."))?;
    if found.is_some() {
        same_origin::check(request.headers(), &settings.cookie_origins)?;
    }
    Ok(found)
}

/// The device that someone has logged in on, if the request comes from one. A cookie that cannot be used
/// is as good as none.
pub(super) fn presented_device(request: &HttpRequest, state: &AuthState) -> Option<DeviceToken> {
    let token = cookie::read(request.headers(), DEVICE_COOKIE)
        .ok()
        .flatten()?;
    DeviceToken::authenticate(token, &state.master_keys)
}

/// The cookie that tells this device from others at later logins. Unlike the other cookies it is set
/// whichever way tokens are delivered: it lets nobody in, and who keeps none is as well off as a stranger.
pub(super) fn device_cookie(token: &IssuedDeviceToken) -> Cookie<'static> {
    set_cookie(
        DEVICE_COOKIE,
        token.expose().to_owned(),
        DEVICE_COOKIE_SECONDS,
    )
}

/// The answer for a call with a refresh token in the cookie and another in the body.
pub(super) fn two_tokens() -> Problem {
    malformed("There are two refresh tokens, one in the cookie and one in the body.")
}

/// Refuses a call that a page of another site makes, for calls that set or clear cookies. Pages of
/// the allowed origins pass, and so do programs, which say nothing of pages.
///
/// # Errors
///
/// 403 `cross_site_request`.
pub(super) fn refuse_foreign_pages(
    headers: &HeaderMap,
    settings: &HttpSettings,
) -> Result<(), Problem> {
    let mut origins = headers.get_all(ORIGIN);
    let from_allowed_page = match (origins.next(), origins.next()) {
        (Some(origin), None) => {
            let is_same = |allowed: &String| allowed.as_bytes() == origin.as_bytes();
            settings.allowed_origins.iter().any(is_same)
        }
        _ => false,
    };
    let from_page = headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site");
    if from_page && !from_allowed_page {
        same_origin::check(headers, &settings.cookie_origins)?;
    }
    Ok(())
}

/// The one cookie that scripts read. It holds nothing but the fact.
fn signed_in_cookie(value: &str, seconds: i64) -> Cookie<'static> {
    let mut cookie = set_cookie(SIGNED_IN_COOKIE, value.to_owned(), seconds);
    cookie.set_http_only(false);
    cookie
}

/// A cookie that only this origin gets, over TLS or on this machine, and no script reads.
fn set_cookie(name: &'static str, value: String, seconds: i64) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(seconds))
        .finish()
}
