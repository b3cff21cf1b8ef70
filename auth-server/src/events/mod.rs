//! Security events: what happened to accounts and sessions, written in the transaction in which it
//! happened.

pub mod page;
pub mod store;

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

pub use store::{record, record_all};

use crate::client::Client;

/// The database lets go of nothing that is younger, whatever the retention.
pub const LEAST_EVENT_RETENTION: Duration = Duration::from_hours(7 * 24);

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// Someone created an account.
    Registered,
    /// Someone logged in.
    LoggedIn,
    /// A login was refused.
    LoginFailed,
    /// A session was ended by its holder.
    LoggedOut,
    /// A session was ended otherwise: by its owner from another device, by a new login in its place, by a
    /// change of password, or with the person's access.
    SessionRevoked,
    /// A superseded refresh token was presented; its session was ended.
    RefreshReused,
    /// A refresh token was presented that the database has not issued yet: it was restored.
    RefreshAhead,
    /// The password was changed; all other sessions were ended.
    PasswordChanged,
    /// The current password was asked for and a wrong one was given.
    PasswordRefused,
    /// The person's own profile was changed: among other things, the name they log in by.
    ProfileChanged,
    /// The account and its sessions were deleted.
    AccountDeleted,
    /// The account was disabled; its sessions were ended.
    UserDisabled,
    /// The account may sign in again.
    UserEnabled,
    /// Someone guesses, or registers, too often; what follows within a minute at one replica is not recorded.
    Throttled,
    /// Another signing key took over.
    KeyRotated,
    /// A signing key was dropped in an emergency.
    KeyRevoked,
    /// A signing key came from outside.
    KeyImported,
    /// What is sealed in the database was sealed anew, under the current master key.
    KeysResealed,
}

impl EventKind {
    /// The stable name, as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoggedIn => "login",
            Self::LoginFailed => "login_failed",
            Self::LoggedOut => "logout",
            Self::SessionRevoked => "session_revoked",
            Self::RefreshReused => "refresh_reuse",
            Self::RefreshAhead => "refresh_ahead",
            Self::PasswordChanged => "password_changed",
            Self::PasswordRefused => "password_refused",
            Self::ProfileChanged => "profile_changed",
            Self::AccountDeleted => "account_deleted",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::Throttled => "throttled",
            Self::KeyRotated => "key_rotated",
            Self::KeyRevoked => "key_revoked",
            Self::KeyImported => "key_imported",
            Self::KeysResealed => "keys_resealed",
        }
    }
}

/// One event, about to be recorded.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    kind: EventKind,
    client: Option<&'a Client>,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    details: Option<Value>,
}

impl<'a> Event<'a> {
    /// Something that a client caused.
    #[must_use]
    pub fn by(client: &'a Client, kind: EventKind) -> Self {
        Self {
            client: Some(client),
            ..Self::unprompted(kind)
        }
    }

    /// Something that an operator did on the command line, which knows no names of operators.
    #[must_use]
    pub fn by_operator(kind: EventKind) -> Self {
        Self::unprompted(kind).with_details(json!({"by": "command line"}))
    }

    /// Something that the server did of itself.
    #[must_use]
    pub fn unprompted(kind: EventKind) -> Self {
        Self {
            kind,
            client: None,
            user_id: None,
            session_id: None,
            details: None,
        }
    }

    /// It happened to this person.
    #[must_use]
    pub fn of_user(mut self, id: impl Into<Option<Uuid>>) -> Self {
        self.user_id = id.into();
        self
    }

    /// It happened in this session.
    #[must_use]
    pub fn in_session(mut self, id: Uuid) -> Self {
        self.session_id = Some(id);
        self
    }

    /// What else is worth knowing: a JSON object without secrets, besides what is there already.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        match (&mut self.details, details) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (known, details) => *known = Some(details),
        }
        self
    }
}
