//! The one map from what can go wrong to what a client is told.

use std::borrow::Cow;

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
    administration::Refusal,
    failure::Failure,
    keys::administration::AdministrationError as KeyError,
    sessions::{
        caller::CallerError, change_password::ChangePasswordError, confirm::ConfirmError,
        devices::RevokeError, log_in::LogInError, log_out::LogOutError, profile::ProfileError,
        refresh::RefreshError, register::RegisterError,
    },
    throttle::{Limit, Throttled},
    tokens::{access_token::OWN_AUDIENCE, scope::InvalidScope},
    users::password::NewPasswordError,
};

impl From<Failure> for Problem {
    /// The answer keeps the failure, which is logged with the request: once, and with its id.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(_)
            | Failure::KeysNotLoaded
            | Failure::FeedNotConfirmed
            | Failure::Contended
            | Failure::Cancelled => unavailable(
                "The service cannot do this right now. Try again soon: nothing is lost by it.",
            )
            .caused_by(failure),
            // Nothing has failed, and the code says all there is to say.
            Failure::Overloaded => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                "Too many people are signing in right now.",
            )
            .with_header(RETRY_AFTER, HeaderValue::from_static("5")),
            Failure::Keys(_) | Failure::Randomness(_) | Failure::Hashing(_) | Failure::Signing => {
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal_error",
                    "Something went wrong on our side.",
                )
                .caused_by(failure)
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
            RegisterError::EmailTaken => taken_email(),
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
            LogInError::PasswordChangeRequired => Self::new(
                StatusCode::FORBIDDEN,
                "password_change_required",
                "This password is temporary. Log in with it and a new_password of your own.",
            ),
            LogInError::PasswordNotTemporary => validation_failed(vec![FieldError::new(
                "new_password",
                "not_temporary",
                "Only a temporary password is replaced at a login.",
            )]),
            LogInError::NewPassword(refused) => refused_password("new_password", &refused),
            LogInError::NotAdministrator => {
                invalid_scope("Only administrators may ask for auth:admin.")
            }
            LogInError::Throttled(throttled) => throttled.into(),
            LogInError::Failure(failure) => failure.into(),
        }
    }
}

impl From<InvalidScope> for Problem {
    fn from(error: InvalidScope) -> Self {
        invalid_scope(error.to_string())
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
            RefreshError::Forged | RefreshError::Unknown | RefreshError::Ahead => (
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

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchUser
            | Refusal::NoSuchSession
            | Refusal::Keys(KeyError::NoSuchKey(_)) => not_found_problem(),
            Refusal::UsernameTaken => taken_username(),
            Refusal::EmailTaken => taken_email(),
            Refusal::Password(refused) => refused_password("password", &refused),
            Refusal::OwnAccount => Self::new(
                StatusCode::CONFLICT,
                "own_account",
                "Administrators do not do this to their own account.",
            ),
            Refusal::SessionEnded => ended_session(),
            Refusal::Keys(KeyError::TooEarly { from, .. }) => {
                key_not_ready(format!("This key may sign from {from}."))
            }
            Refusal::Keys(KeyError::NotPublished) => {
                key_not_ready("No pending key has been seen to be published yet.")
            }
            Refusal::Keys(KeyError::NotPending(_)) => key_not_ready("This key is not pending."),
            // Of importing, which nobody does by HTTP, and of failures, which are told below.
            Refusal::Keys(
                error @ (KeyError::NotAKey
                | KeyError::AlreadyKnown(_)
                | KeyError::TooMany
                | KeyError::Keys(_)),
            ) => internal_error().caused_by(error),
            Refusal::Failure(failure) => failure.into(),
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

/// As RFC 6749 section 5.2 has it.
fn invalid_scope(detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_scope", detail)
}

fn internal_error() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        "Something went wrong on our side.",
    )
}

fn key_not_ready(detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "key_not_ready", detail)
}

fn taken_username() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "username_taken",
        "Someone goes by this username.",
    )
}

fn taken_email() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "email_taken",
        "Someone is registered with this e-mail address.",
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
