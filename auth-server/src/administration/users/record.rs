//! How people are shown.

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable, pg::Pg};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    administration::page::Page, schema::users, users::temporary_password::TemporaryPassword,
};

/// A person, as an operator sees them.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct UserRecord {
    /// The `sub` claim of their access tokens.
    pub id: Uuid,
    /// In lower case.
    #[schema(example = "ada")]
    pub username: String,
    /// In canonical form.
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// If given.
    #[schema(example = "Ada Lovelace", required = true)]
    pub full_name: Option<String>,
    /// When they registered.
    pub created_at: DateTime<Utc>,
    /// Whether they may ask for the scope `auth:admin`.
    #[diesel(column_name = is_administrator)]
    pub administrator: bool,
    /// Since when they may not sign in; `null` while they may.
    #[schema(required = true)]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why.
    #[schema(example = "Asked us to, 2026-11-22.", required = true)]
    pub disabled_reason: Option<String>,
    /// When the password was set.
    pub password_changed_at: DateTime<Utc>,
    /// Until when a temporary password may be exchanged for one of their own; `null` if it is their own.
    #[schema(required = true)]
    pub password_expires_at: Option<DateTime<Utc>>,
}

impl UserRecord {
    /// What someone who knows this person would try as their password.
    #[must_use]
    pub fn context(&self) -> Vec<String> {
        let names = [
            Some(&self.username),
            Some(&self.email),
            self.full_name.as_ref(),
        ];
        names.into_iter().flatten().cloned().collect()
    }
}

/// A person, looked at by themselves.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UserDetails {
    /// The person.
    #[serde(flatten)]
    pub user: UserRecord,
    /// On how many devices they are signed in.
    #[schema(example = 2)]
    pub live_sessions: i64,
}

/// Some of the people, by id from the greatest to the least: the newest first, but for those who were imported with ids
/// of their own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UserList {
    /// The people.
    pub users: Vec<UserRecord>,
    /// What to send as `cursor` for the next page; `null` on the last one.
    #[schema(example = "AZpbLnxNfo-aCxwtPk9aaw", required = true)]
    pub next_cursor: Option<String>,
}

impl From<Page<UserRecord>> for UserList {
    fn from(page: Page<UserRecord>) -> Self {
        Self {
            next_cursor: page.next_cursor(),
            users: page.entries,
        }
    }
}

/// Someone who has a new password, and that password, if it was made up for them.
#[derive(Clone, Serialize, ToSchema)]
pub struct UserWithPassword {
    /// The person.
    pub user: UserRecord,
    /// For them alone. It is shown this once, and has to be changed at the next login, within 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "k7mqz-x2c9p-w4hvt-nb6rd", nullable = false)]
    pub temporary_password: Option<String>,
}

impl UserWithPassword {
    /// Tells the password that was made up, if one was.
    #[must_use]
    pub fn new(user: UserRecord, made_up: Option<&TemporaryPassword>) -> Self {
        Self {
            user,
            temporary_password: made_up.map(|password| password.expose().to_owned()),
        }
    }
}

/// How many sessions were ended.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SignedOut {
    /// Their number.
    pub ended_sessions: usize,
}
