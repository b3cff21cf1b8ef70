//! The one map from what can go wrong to what a client is told.

use actix_web::http::{
    StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use service_runtime::http::{not_found_problem, unavailable};
use shared_claims::{
    VerifyError,
    actix::{FieldError, Problem, refused},
};

use super::{RATELIMIT_LIMIT, RATELIMIT_REMAINING, RATELIMIT_RESET};
use crate::{
    failure::Failure,
    sessions::{
        caller::CallerError, change_password::ChangePasswordError, confirm::ConfirmError,
        devices::RevokeError, log_in::LogInError, log_out::LogOutError, profile::ProfileError,
        refresh::RefreshError, register::RegisterError,
    },
    throttle::{Limit, Throttled},
    tokens::access_token::OWN_AUDIENCE,
    users::password::NewPasswordError,
};

impl From<Failure> for Problem {
    /// The boundary at which a failure is logged, once.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(_)
            | Failure::KeysNotLoaded
            | Failure::FeedNotConfirmed
            | Failure::Contended
            | Failure::Cancelled => {
                log::error!("{failure}");
                unavailable(
                    "The service cannot do this right now. Try again soon: nothing is lost by it.",
                )
            }
            Failure::Overloaded => {
                log::warn!("{failure}");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "overloaded",
                    "Too many people are signing in right now.",
                )
                .with_header(RETRY_AFTER, HeaderValue::from_static("5"))
            }
            Failure::Randomness(_) | Failure::Hashing(_) | Failure::Signing => {
                log::error!("{failure}");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal_error",
                    "Something went wrong on our side.",
                )
            }
        }
    }
}

impl From<Throttled> for Problem {
    fn from(throttled: Throttled) -> Self {
        let what = match throttled.limit {
            Limit::Address => "Too many wrong passwords from your network.",
            Limit::Account | Limit::Device | Limit::Session => {
                "Too many wrong passwords for this account."
            }
            Limit::Registration => "Too many names were tried from your network.",
            Limit::Flood => "Too many requests.",
        };
        // A client that comes a fraction of a second early would be refused once more.
        let wait = throttled.retry_after;
        let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        let unit = if seconds == 1 { "second" } else { "seconds" };
        let detail = format!("{what} Try again in {seconds} {unit}.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
            .with_header(RETRY_AFTER, seconds.into())
            .with_header(RATELIMIT_LIMIT, throttled.quota.into())
            .with_header(RATELIMIT_REMAINING, 0.into())
            .with_header(RATELIMIT_RESET, seconds.into())
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Password(refused) => refused_password("password", &refused),
            RegisterError::UsernameTaken => taken_username(),
            RegisterError::EmailTaken => Self::new(
                StatusCode::CONFLICT,
                "email_taken",
                "Someone is registered with this e-mail address.",
            ),
            RegisterError::Throttled(throttled) => throttled.into(),
            RegisterError::Failure(failure) => failure.into(),
        }
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::InvalidCredentials => Self::new(
                StatusCode::UNAUTHORIZED,
                "invalid_credentials",
                "The name or the password is wrong.",
            ),
            LogInError::Throttled(throttled) => throttled.into(),
            LogInError::Failure(failure) => failure.into(),
        }
    }
}

impl From<LogOutError> for Problem {
    fn from(error: LogOutError) -> Self {
        match error {
            LogOutError::Reused => RefreshError::Reused.into(),
            LogOutError::Failure(failure) => failure.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        let (code, detail) = match error {
            RefreshError::Invalid => (
                "invalid_refresh_token",
                "This is not a refresh token of any session.",
            ),
            RefreshError::Expired => ("refresh_token_expired", "The session has expired."),
            RefreshError::Revoked => ("session_revoked", "The session was ended."),
            RefreshError::Reused => (
                "refresh_token_reused",
                "This refresh token was used before; the session has been ended.",
            ),
            RefreshError::Failure(failure) => return failure.into(),
        };
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }
}

impl From<CallerError> for Problem {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::SessionEnded => ended_session(),
            CallerError::Failure(failure) => failure.into(),
        }
    }
}

impl From<RevokeError> for Problem {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::NotFound => not_found_problem(),
            RevokeError::Caller(error) => error.into(),
        }
    }
}

impl From<ProfileError> for Problem {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::UsernameTaken => taken_username(),
            ProfileError::Throttled(throttled) => throttled.into(),
            ProfileError::Caller(error) => error.into(),
        }
    }
}

impl From<ConfirmError> for Problem {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::WrongPassword => Self::new(
                StatusCode::FORBIDDEN,
                "invalid_credentials",
                "The password is wrong.",
            ),
            ConfirmError::Throttled(throttled) => throttled.into(),
            ConfirmError::Caller(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::NewPassword(refused) => refused_password("new_password", &refused),
            ChangePasswordError::Confirm(error) => error.into(),
        }
    }
}

/// 401 for an access token that is good and whose session is not.
pub(super) fn ended_session() -> Problem {
    refused(OWN_AUDIENCE, VerifyError::SessionRevoked)
}

/// 422 for input that is well-formed and not acceptable.
pub(super) fn validation_failed(errors: Vec<FieldError>) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "validation_failed",
        "Some of the input is not acceptable; see errors.",
    )
    .with_errors(errors)
}

fn taken_username() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "username_taken",
        "Someone goes by this username.",
    )
}

fn refused_password(field: &'static str, refused: &NewPasswordError) -> Problem {
    validation_failed(vec![password_error(field, refused)])
}

/// What is wrong with a new password, beside its field.
pub(super) fn password_error(field: &'static str, refused: &NewPasswordError) -> FieldError {
    let code = match refused {
        NewPasswordError::Length => "length",
        NewPasswordError::Guessable { .. } => "guessable",
    };
    FieldError::new(field, code, refused.to_string())
}
