//! Bearer tokens in the `Authorization` header, and the challenges that answer bad ones
//! (RFC 6750).

use actix_web::http::StatusCode;
use actix_web::http::header::{
    AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};

use super::problem::Problem;
use crate::VerifyError;

const SCHEME: &[u8] = b"Bearer";

/// How long a client is told to wait for the keys to come back, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// The answer to an access token that was refused, for a service that finds out by itself what its
/// [`Verifier`](crate::Verifier) cannot know. `audience` is the service's own name, as in its
/// [`Policy`](crate::Policy).
#[must_use]
pub fn refused(audience: &str, error: VerifyError) -> Problem {
    Challenges::new(audience).refused(error)
}

/// What a request presents as its access token.
pub(super) struct Presented<'r> {
    /// No text as long as it has not been verified.
    pub(super) token: &'r [u8],
    /// What is wrong with the request if that is no bearer token.
    pub(super) otherwise: Malformed,
}

impl Presented<'_> {
    /// To be asked when the token was refused: one that was verified is a bearer token, and to look at each
    /// of its characters would take as long as to find out that it was verified before.
    pub(super) fn check_form(&self) -> Result<(), Malformed> {
        if is_b64token(self.token) {
            Ok(())
        } else {
            Err(self.otherwise)
        }
    }
}

/// What stands in a request's `Authorization` header as its bearer token; `None` when there is no such header,
/// or one of another scheme.
pub(super) fn presented(headers: &HeaderMap) -> Result<Option<Presented<'_>>, Malformed> {
    let mut values = headers.get_all(AUTHORIZATION);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    // With two of them, whoever looked at the other one has checked nothing.
    if values.next().is_some() {
        return Err(Malformed("there is more than one Authorization header"));
    }
    let value = value.as_bytes();
    let (scheme, credentials) = value.split_at_checked(SCHEME.len()).unwrap_or((value, b""));
    let ends_there = credentials.is_empty() || credentials.starts_with(b" ");
    if !scheme.eq_ignore_ascii_case(SCHEME) || !ends_there {
        return Ok(None);
    }
    let spaces = credentials.iter().take_while(|byte| **byte == b' ').count();
    Ok(Some(Presented {
        token: &credentials[spaces..],
        otherwise: Malformed("the Authorization header holds no bearer token"),
    }))
}

/// Whether the text has the form of a bearer token: `b64token` of RFC 6750 §2.1.
fn is_b64token(bytes: &[u8]) -> bool {
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let unpadded = &bytes[..bytes.len() - padding];
    !unpadded.is_empty() && unpadded.iter().copied().all(is_b64token_character)
}

fn is_b64token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}

/// What is wrong with the form in which a request carries its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

/// The answers of RFC 6750 §3, for one realm.
pub(super) struct Challenges {
    /// `Bearer realm="…"`.
    realm: String,
}

impl Challenges {
    /// A realm that no header can carry is left out.
    pub(super) fn new(realm: &str) -> Self {
        let printable = !realm.is_empty()
            && realm
                .bytes()
                .all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        Self {
            realm: if printable {
                format!(r#"Bearer realm="{realm}""#)
            } else {
                "Bearer".into()
            },
        }
    }

    /// No token: 401 and a challenge without an error, since there is none to speak of.
    pub(super) fn no_token(&self) -> Problem {
        let problem = Problem::new(
            StatusCode::UNAUTHORIZED,
            "missing_token",
            "this needs an access token in the Authorization header",
        );
        with_challenge(problem, &self.realm)
    }

    /// A request that is not in the form of RFC 6750 §2: 400 `invalid_request`.
    pub(super) fn malformed(&self, Malformed(detail): Malformed) -> Problem {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "invalid_request", detail);
        with_challenge(problem, &self.error("invalid_request", detail))
    }

    /// A token that was refused: 401 with the challenge `invalid_token`; or one that nothing can be
    /// said about: 503.
    pub(super) fn refused(&self, error: VerifyError) -> Problem {
        if error == VerifyError::KeysUnavailable {
            return Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the keys to verify tokens are unavailable",
            )
            .with_header(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS))
            .caused_by(error);
        }
        // A client gets a good token by refreshing, unless its session has ended.
        let code = match error {
            VerifyError::SessionRevoked => "session_revoked",
            _ => "invalid_token",
        };
        let detail = error.to_string();
        let challenge = self.error("invalid_token", &detail);
        let problem = Problem::new(StatusCode::UNAUTHORIZED, code, detail).caused_by(error);
        with_challenge(problem, &challenge)
    }

    /// A good token that does not permit this: 403 `insufficient_scope`.
    pub(super) fn insufficient_scope(&self, scope: &'static str) -> Problem {
        let detail = format!("this needs the scope {scope}");
        let challenge = self.error("insufficient_scope", &detail);
        let challenge = format!(r#"{challenge}, scope="{scope}""#);
        let problem = Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", detail);
        with_challenge(problem, &challenge)
    }

    fn error(&self, error: &str, description: &str) -> String {
        let realm = &self.realm;
        let separator = if realm == "Bearer" { "" } else { "," };
        format!(r#"{realm}{separator} error="{error}", error_description="{description}""#)
    }
}

fn with_challenge(problem: Problem, challenge: &str) -> Problem {
    match HeaderValue::from_str(challenge) {
        Ok(value) => problem.with_header(WWW_AUTHENTICATE, value),
        Err(_) => problem.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
    }
}
