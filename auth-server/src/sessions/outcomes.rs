//! How what people ask for turns out, counted for metrics: each once, when it is decided. What the database
//! decides is counted on the thread that asked it, whether or not the client has waited for it. A client that
//! goes away while it waits for something else, as for its password to be hashed, may leave nothing decided,
//! and then nothing counted; a login goes on without it.

use std::sync::Arc;

use service_runtime::{
    metrics::{Exposition, Outcome, Tally},
    outcomes,
};

use super::{log_in::LogInError, refresh::RefreshError, register::RegisterError};
use crate::failure::Failure;

/// The counts.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Of logins.
    pub logins: Tally<LogInOutcome>,
    /// Of registrations.
    pub registrations: Arc<Tally<RegisterOutcome>>,
    /// Of refreshes.
    pub refreshes: Arc<Tally<RefreshOutcome>>,
    /// Of logouts.
    pub logouts: Arc<Tally<LogOutOutcome>>,
}

/// Something that goes to another thread to be decided, and is counted there: as what was decided, or, where it
/// is dropped before, as what it was feared to become.
#[must_use = "dropped, it is counted"]
pub(super) struct Undecided<O: Outcome> {
    tally: Arc<Tally<O>>,
    outcome: Option<O>,
}

impl<O: Outcome> Undecided<O> {
    /// To be counted as `feared` unless something is decided.
    pub(super) fn new(tally: &Arc<Tally<O>>, feared: O) -> Self {
        Self {
            tally: Arc::clone(tally),
            outcome: Some(feared),
        }
    }

    /// Counts what was decided.
    pub(super) fn decide(mut self, outcome: O) {
        self.outcome = Some(outcome);
    }

    /// Counts nothing: something else decides.
    pub(super) fn pass(mut self) {
        self.outcome = None;
    }
}

impl<O: Outcome> Drop for Undecided<O> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome {
            self.tally.count(outcome);
        }
    }
}

outcomes! {
    /// How a login turns out.
    pub enum LogInOutcome {
        /// Someone is logged in.
        Admitted = "admitted",
        /// The name or the password was wrong, or the person is disabled.
        Refused = "refused",
        /// The right temporary password came without an acceptable one to replace it.
        PasswordChangeRequired = "password_change_required",
        /// The password was right, and what was asked for beside it is not given.
        NotGranted = "not_granted",
        /// Someone guessed too often.
        Throttled = "throttled",
        /// Too many passwords were waiting to be hashed.
        Overloaded = "overloaded",
        /// Nothing was decided.
        Failed = "failed",
    }
}

outcomes! {
    /// How a registration turns out, whose names are acceptable.
    pub enum RegisterOutcome {
        /// Someone is registered.
        Registered = "registered",
        /// The username or the e-mail address belongs to somebody.
        Taken = "taken",
        /// The password was not accepted.
        PasswordRefused = "password_refused",
        /// Someone registered too often.
        Throttled = "throttled",
        /// Too many passwords were waiting to be hashed.
        Overloaded = "overloaded",
        /// Nothing was decided.
        Failed = "failed",
    }
}

outcomes! {
    /// How a refresh turns out.
    pub enum RefreshOutcome {
        /// The token was succeeded.
        Rotated = "rotated",
        /// It was answered with the current token, within the grace window.
        Repeated = "grace",
        /// It was succeeded long ago: the session was ended.
        Reused = "reuse",
        /// The session's time was over.
        Expired = "expired",
        /// The session had been ended.
        Revoked = "revoked",
        /// It was not of this server's making, or of a master key that is here no more.
        Forged = "forged",
        /// It was of a session that is not there any more.
        Unknown = "unknown",
        /// It was newer than the database.
        Ahead = "ahead",
        /// Nothing was decided.
        Failed = "failed",
    }
}

outcomes! {
    /// How a logout turns out.
    pub enum LogOutOutcome {
        /// What was to be ended is.
        Ended = "ended",
        /// There was nothing to end: the session was over.
        Over = "over",
        /// The refresh token was succeeded long ago: its session was ended.
        Reused = "reuse",
        /// Nothing was decided.
        Failed = "failed",
    }
}

impl Outcomes {
    /// Writes them down.
    pub fn read(&self, exposition: &mut Exposition) {
        const LABEL: &str = "outcome";
        self.logins.read(
            LABEL,
            exposition.counter("auth_logins_total", "Logins, by outcome."),
        );
        self.registrations.read(
            LABEL,
            exposition.counter("auth_registrations_total", "Registrations, by outcome."),
        );
        self.refreshes.read(
            LABEL,
            exposition.counter("auth_refreshes_total", "Refreshes, by outcome."),
        );
        self.logouts.read(
            LABEL,
            exposition.counter("auth_logouts_total", "Logouts, by outcome."),
        );
    }
}

impl From<&LogInError> for LogInOutcome {
    fn from(error: &LogInError) -> Self {
        match error {
            LogInError::InvalidCredentials => Self::Refused,
            LogInError::PasswordChangeRequired | LogInError::NewPassword(_) => {
                Self::PasswordChangeRequired
            }
            LogInError::PasswordNotTemporary | LogInError::NotAdministrator => Self::NotGranted,
            LogInError::Throttled(_) => Self::Throttled,
            LogInError::Failure(Failure::Overloaded) => Self::Overloaded,
            LogInError::Failure(_) => Self::Failed,
        }
    }
}

impl From<&RegisterError> for RegisterOutcome {
    fn from(error: &RegisterError) -> Self {
        match error {
            RegisterError::UsernameTaken | RegisterError::EmailTaken => Self::Taken,
            RegisterError::Password(_) => Self::PasswordRefused,
            RegisterError::Throttled(_) => Self::Throttled,
            RegisterError::Failure(Failure::Overloaded) => Self::Overloaded,
            RegisterError::Failure(_) => Self::Failed,
        }
    }
}

impl From<&RefreshError> for RefreshOutcome {
    fn from(error: &RefreshError) -> Self {
        match error {
            RefreshError::Forged => Self::Forged,
            RefreshError::Unknown => Self::Unknown,
            RefreshError::Ahead => Self::Ahead,
            RefreshError::Expired => Self::Expired,
            RefreshError::Revoked => Self::Revoked,
            RefreshError::Reused => Self::Reused,
            RefreshError::Failure(_) => Self::Failed,
        }
    }
}
