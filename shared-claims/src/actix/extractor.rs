//! The extractor by which a handler says whom it serves.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::Either;

use super::authenticator::Authenticator;
use super::problem::Problem;
use crate::{AccessClaims, VerifiedClaims};

/// What a token has to permit for a handler to be called.
pub trait RequiredScope: 'static {
    /// The scope's name (RFC 6749 §3.3); `None` when any good token will do.
    const SCOPE: Option<&'static str>;

    /// Whether a token will do that the browser attached as a cookie, where those are taken at all
    /// ([`Authenticator::with_access_cookie`]). Not for what no page may do in somebody's name without
    /// having their token, whatever its origin.
    const BY_COOKIE: bool = true;
}

/// Any good token will do.
#[derive(Clone, Copy, Debug)]
pub struct AnyScope;

impl RequiredScope for AnyScope {
    const SCOPE: Option<&'static str> = None;
}

/// The proof that a request came with a good access token that permits `S`. Dereferences to the
/// token's claims.
///
/// Needs an [`Authenticator`] in the application's data. Its answers to a request that proves
/// nothing are those of [`Authenticator::authenticate`], and 403 `insufficient_scope`.
///
/// ```
/// use shared_claims::actix::{Authorized, RequiredScope};
///
/// struct NotesRead;
///
/// impl RequiredScope for NotesRead {
///     const SCOPE: Option<&'static str> = Some("notes:read");
/// }
///
/// async fn list(caller: Authorized<NotesRead>) -> String {
///     format!("the notes of {}", caller.sub)
/// }
/// ```
pub struct Authorized<S = AnyScope> {
    claims: VerifiedClaims,
    scope: PhantomData<fn() -> S>,
}

impl<S> Authorized<S> {
    /// The claims of the verified token.
    #[must_use]
    pub fn claims(&self) -> &AccessClaims {
        &self.claims
    }
}

impl<S> Deref for Authorized<S> {
    type Target = AccessClaims;

    fn deref(&self) -> &AccessClaims {
        &self.claims
    }
}

impl<S> fmt::Debug for Authorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorized").field(&self.claims).finish()
    }
}

impl<S: RequiredScope> Authorized<S> {
    fn new(
        authenticator: &Authenticator,
        authenticated: Result<VerifiedClaims, Problem>,
    ) -> Result<Self, Problem> {
        let claims = authenticated?;
        match S::SCOPE {
            Some(scope) if !claims.permits(scope) => {
                Err(authenticator.challenges().insufficient_scope(scope))
            }
            _ => Ok(Self {
                claims,
                scope: PhantomData,
            }),
        }
    }
}

impl<S: RequiredScope> FromRequest for Authorized<S> {
    type Error = Problem;
    /// Ready at once but for the token of a key that is not known yet.
    type Future =
        Either<Ready<Result<Self, Problem>>, Pin<Box<dyn Future<Output = Result<Self, Problem>>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(authenticator) = request.app_data::<web::Data<Authenticator>>() else {
            return Either::Left(ready(Err(no_authenticator())));
        };
        if let Some(authenticated) = authenticator.authenticate_at_once(request, S::BY_COOKIE) {
            return Either::Left(ready(Self::new(authenticator, authenticated)));
        }
        let (authenticator, request) = (authenticator.clone(), request.clone());
        Either::Right(Box::pin(async move {
            let authenticated = authenticator
                .authenticate_with_newer_keys(&request, S::BY_COOKIE)
                .await;
            Self::new(&authenticator, authenticated)
        }))
    }
}

fn no_authenticator() -> Problem {
    log::error!("the application's data holds no Authenticator");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        "this service is not set up to verify access tokens",
    )
}
