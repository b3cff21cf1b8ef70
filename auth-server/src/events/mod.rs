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
#[derive(
    Clone,
    Copy,
    Debug,
    Eq,
    PartialEq,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    utoipa::ToSchema,
)]
#[strum(serialize_all = "snake_case")]
#[schema(rename_all = "snake_case")]
pub enum EventKind {
    /// Someone created an account.
    Registered,
    /// Someone logged in.
    #[strum(serialize = "login")]
    #[schema(rename = "login")]
    LoggedIn,
    /// A login was refused.
    LoginFailed,
    /// A session was ended by its holder.
    #[strum(serialize = "logout")]
    #[schema(rename = "logout")]
    LoggedOut,
    /// A session was ended otherwise: by its owner from another device, by a new login in its place, by a
    /// change of password, or with the person's access.
    SessionRevoked,
    /// A superseded refresh token was presented; its session was ended.
    #[strum(serialize = "refresh_reuse")]
    #[schema(rename = "refresh_reuse")]
    RefreshReused,
    /// A refresh token was presented that the database has not issued yet: it was restored.
    RefreshAhead,
    /// The password was changed; all other sessions were ended.
    PasswordChanged,
    /// The right temporary password was given, and nobody is signed in with one.
    PasswordChangeRequired,
    /// Someone who does not administer asked for a session that does.
    AdministrationRefused,
    /// The current password was asked for and a wrong one was given.
    PasswordRefused,
    /// The person's own profile was changed: among other things, the name they log in by.
    ProfileChanged,
    /// The account and its sessions were deleted.
    AccountDeleted,
    /// An operator created an account.
    UserCreated,
    /// An operator ended all sessions of an account.
    UserSignedOut,
    /// An operator set a password that has to be changed at the next login; all sessions were ended.
    TemporaryPasswordSet,
    /// The account may administer.
    AdministratorGranted,
    /// The account may no longer administer.
    AdministratorRevoked,
    /// An operator began to export events.
    EventsExportBegun,
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
    /// An import of people began, or went on where an earlier one was broken off.
    UsersImportBegun,
    /// An import of people came to the end of its file.
    UsersImported,
    /// An export of people began.
    UsersExportBegun,
    /// An export of people came to its end.
    UsersExported,
}

impl EventKind {
    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// The stable name, as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Someone who runs Latchkey.
#[derive(Clone, Debug)]
pub enum Operator {
    /// Whoever can start the binary with the database's password: it knows no names of theirs.
    CommandLine,
    /// A person who administers, by HTTP.
    Administrator {
        /// Who.
        user_id: Uuid,
        /// In which session.
        session_id: Uuid,
        /// From where.
        client: Client,
    },
}

impl Operator {
    /// Whether this is the account by which they act.
    #[must_use]
    pub fn acts_as(&self, id: Uuid) -> bool {
        matches!(self, Self::Administrator { user_id, .. } if *user_id == id)
    }
}

/// Who ends a session.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// Whoever called, be it its holder or a thief.
    Client(&'a Client),
    /// Someone who runs Latchkey.
    Operator(&'a Operator),
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

    /// Something that an operator did. Where they did it from is for operators too, so it goes into the details:
    /// the rest is shown to whom it was done to.
    #[must_use]
    pub fn by_operator(operator: &Operator, kind: EventKind) -> Self {
        let details = match operator {
            Operator::CommandLine => json!({"by": "command line"}),
            Operator::Administrator {
                user_id,
                session_id,
                client,
            } => json!({
                "by": user_id,
                "by_session": session_id,
                "ip": client.address,
                "user_agent": client.user_agent,
            }),
        };
        Self::unprompted(kind).with_details(details)
    }

    /// Something that either of them caused.
    #[must_use]
    pub fn of_actor(actor: Actor<'a>, kind: EventKind) -> Self {
        match actor {
            Actor::Client(client) => Self::by(client, kind),
            Actor::Operator(operator) => Self::by_operator(operator, kind),
        }
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

#[cfg(test)]
mod tests {
    use strum::VariantNames;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn kinds_are_documented_by_the_names_that_are_stored() {
        let schema = serde_json::to_value(EventKind::schema()).unwrap();
        assert_eq!(schema["enum"], json!(EventKind::VARIANTS));
        for name in EventKind::VARIANTS {
            assert_eq!(EventKind::parse(name).map(EventKind::as_str), Some(*name));
        }
    }
}
