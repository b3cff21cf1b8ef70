//! From a request to the claims of the one who sent it.

use actix_web::HttpRequest;
use actix_web::http::Method;

use super::bearer::{self, Challenges, Malformed, Presented};
use super::problem::Problem;
use super::refusals::Refusals;
use super::{cookie, same_origin};
use crate::clock::unix_now;
use crate::{VerifiedClaims, Verifier, VerifyError};

/// Finds the access token of a request, verifies it, and knows the answer when there is none or it
/// is bad. Put it into the application's data for [`Authorized`](super::Authorized) to find:
/// `App::new().app_data(web::Data::new(authenticator))`.
pub struct Authenticator {
    verifier: Verifier,
    challenges: Challenges,
    access_cookie: Option<AccessCookie>,
    refusals: Refusals,
}

impl Authenticator {
    /// Takes tokens from the `Authorization` header only. The challenges' realm is the policy's
    /// audience.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        let challenges = Challenges::new(verifier.policy().audience());
        Self {
            verifier,
            challenges,
            access_cookie: None,
            refusals: Refusals::default(),
        }
    }

    /// Also takes the token from the cookie of this name (`__Host-access_token`) when there is no
    /// bearer token in the header. A request that changes something then has to pass
    /// [`same_origin::check`] with these origins.
    #[must_use]
    pub fn with_access_cookie(
        mut self,
        name: impl Into<String>,
        allowed_origins: Vec<String>,
    ) -> Self {
        self.access_cookie = Some(AccessCookie {
            name: name.into(),
            allowed_origins,
        });
        self
    }

    /// What verifies the tokens.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// How many tokens were refused for each reason, for metrics.
    pub fn refusals(&self) -> impl Iterator<Item = (VerifyError, u64)> {
        self.refusals.read()
    }

    /// The claims of the one who sent the request.
    ///
    /// The token is never taken from the URL or a form (RFC 6750 §2.2 and §2.3): those end up in
    /// logs and histories.
    ///
    /// # Errors
    /// The answer of RFC 6750 §3: 401 without or with a bad token, 400 for a malformed request;
    /// 403 for a cookie that another site made the browser send; 503 while there are no keys.
    pub async fn authenticate(&self, request: &HttpRequest) -> Result<VerifiedClaims, Problem> {
        match self.authenticate_at_once(request, true) {
            Some(authenticated) => authenticated,
            None => self.authenticate_with_newer_keys(request, true).await,
        }
    }

    /// The same without waiting, and by cookie or not; `None` where newer keys have to be asked for.
    pub(super) fn authenticate_at_once(
        &self,
        request: &HttpRequest,
        by_cookie: bool,
    ) -> Option<Result<VerifiedClaims, Problem>> {
        let presented = match self.presented(request, by_cookie) {
            Ok(presented) => presented,
            Err(problem) => return Some(Err(problem)),
        };
        match self.verifier.verify_bytes(presented.token, unix_now()) {
            Err(VerifyError::UnknownKey) if presented.check_form().is_ok() => None,
            outcome => Some(outcome.map_err(|error| self.refused(&presented, error))),
        }
    }

    /// Asks for newer keys first.
    pub(super) async fn authenticate_with_newer_keys(
        &self,
        request: &HttpRequest,
        by_cookie: bool,
    ) -> Result<VerifiedClaims, Problem> {
        let presented = self.presented(request, by_cookie)?;
        let outcome = self
            .verifier
            .refetch_and_verify(presented.token, unix_now())
            .await;
        outcome.map_err(|error| self.refused(&presented, error))
    }

    fn refused(&self, presented: &Presented<'_>, error: VerifyError) -> Problem {
        if let Err(malformed) = presented.check_form() {
            return self.challenges.malformed(malformed);
        }
        self.refusals.count(error);
        self.challenges.refused(error)
    }

    pub(super) fn challenges(&self) -> &Challenges {
        &self.challenges
    }

    fn presented<'r>(
        &self,
        request: &'r HttpRequest,
        by_cookie: bool,
    ) -> Result<Presented<'r>, Problem> {
        let malformed = |form| self.challenges.malformed(form);
        let headers = request.headers();
        if let Some(presented) = bearer::presented(headers).map_err(malformed)? {
            return Ok(presented);
        }
        let Some(AccessCookie {
            name,
            allowed_origins,
        }) = self.access_cookie.as_ref().filter(|_| by_cookie)
        else {
            return Err(self.challenges.no_token());
        };
        let token = match cookie::read(headers, name) {
            Ok(Some(token)) => token.as_bytes(),
            Ok(None) => return Err(self.challenges.no_token()),
            Err(cookie::RepeatedCookie) => {
                return Err(malformed(Malformed(
                    "there is more than one access token cookie",
                )));
            }
        };
        if !matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        ) {
            same_origin::check(headers, allowed_origins)?;
        }
        Ok(Presented {
            token,
            otherwise: Malformed("the access token cookie holds no bearer token"),
        })
    }
}

struct AccessCookie {
    name: String,
    allowed_origins: Vec<String>,
}
