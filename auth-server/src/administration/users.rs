//! People, as operators see and change them.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{Connection, PgConnection, Queryable, Selectable, pg::Pg};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Refusal,
    page::{Cursor, Page, PageSize},
    store,
};
use crate::{
    events::{self, Actor, Event, EventKind, Operator},
    schema::users,
    sessions::{
        ending::end_sessions,
        store::{RevokeReason, Which},
    },
    users::{
        disabled_reason::DisabledReason,
        identifier::Identifier,
        store::{self as people, NewUser},
        temporary_password::TemporaryPassword,
    },
};

/// How long a temporary password may be exchanged for one of the person's own.
pub const TEMPORARY_PASSWORD_LIFETIME: TimeDelta = TimeDelta::hours(24);

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

/// Which people to list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UserQuery {
    /// Everyone.
    All,
    /// The one of this id.
    Id(Uuid),
    /// Those whose username or e-mail address begins with this.
    Beginning(String),
}

/// Why a text is nothing to look for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("What is looked for has 254 characters at the most, and no control characters.")]
pub struct UserQueryError;

impl UserQuery {
    /// Reads what someone looks for: nothing, for everyone; an id; or how a name begins, of which none is longer than
    /// 254 characters or has control characters.
    ///
    /// # Errors
    ///
    /// [`UserQueryError`].
    pub fn parse(text: &str) -> Result<Self, UserQueryError> {
        if text.chars().count() > 254 || text.chars().any(char::is_control) {
            return Err(UserQueryError);
        }
        let text = text.trim().to_lowercase();
        Ok(if text.is_empty() {
            Self::All
        } else {
            id_of(&text).map_or(Self::Beginning(text), Self::Id)
        })
    }
}

/// What came of a change.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The person, as they are now.
    pub user: UserRecord,
    /// Whether that is different from before.
    pub changed: bool,
}

/// Lists people, by id from the greatest to the least.
///
/// # Errors
///
/// [`Refusal::Failure`].
pub fn list(
    connection: &mut PgConnection,
    query: &UserQuery,
    size: PageSize,
    start: Cursor,
) -> Result<Page<UserRecord>, Refusal> {
    Ok(store::users(connection, query, size, start)?)
}

/// Reads an id as it is written with its hyphens. Without them it could be somebody's username.
#[must_use]
pub fn id_of(text: &str) -> Option<Uuid> {
    const WITH_HYPHENS: usize = 36;
    let id = (text.len() == WITH_HYPHENS).then(|| Uuid::try_parse(text));
    id?.ok()
}

/// Finds whom someone means by an id, a username or an e-mail address.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::Failure`].
pub fn find(connection: &mut PgConnection, who: &str) -> Result<Uuid, Refusal> {
    if let Some(id) = id_of(who) {
        return Ok(record(connection, id)?.id);
    }
    let identifier = Identifier::parse(who).ok_or(Refusal::NoSuchUser)?;
    let found = people::credentials_of(connection, &identifier)?;
    Ok(found.ok_or(Refusal::NoSuchUser)?.id)
}

/// Shows a person.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::Failure`].
pub fn show(connection: &mut PgConnection, id: Uuid) -> Result<UserDetails, Refusal> {
    Ok(UserDetails {
        user: record(connection, id)?,
        live_sessions: store::live_sessions(connection, id)?,
    })
}

/// Someone about to be added.
pub struct NewAccount {
    /// Who.
    pub user: NewUser,
    /// Of their first password.
    pub password_hash: String,
    /// Whether they have to change it at their first login.
    pub is_temporary: bool,
    /// Whether they administer.
    pub administrator: bool,
}

/// Adds a person.
///
/// # Errors
///
/// [`Refusal::UsernameTaken`], [`Refusal::EmailTaken`], [`Refusal::Failure`].
pub fn create(
    connection: &mut PgConnection,
    operator: &Operator,
    account: &NewAccount,
) -> Result<UserRecord, Refusal> {
    connection.transaction(|connection| {
        let (user, _) = people::insert(connection, &account.user, &account.password_hash)?;
        note(connection, operator, EventKind::UserCreated, user.id)?;
        if account.is_temporary {
            let (hash, lifetime) = (&account.password_hash, TEMPORARY_PASSWORD_LIFETIME);
            people::set_temporary_password_hash(connection, user.id, hash, lifetime)?;
        }
        if account.administrator {
            set_administrator(connection, operator, user.id, true)?;
        }
        record(connection, user.id)
    })
}

/// Keeps a person out: they can neither sign in nor refresh, and all their sessions end.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::OwnAccount`], [`Refusal::Failure`].
pub fn disable(
    connection: &mut PgConnection,
    operator: &Operator,
    id: Uuid,
    reason: Option<&DisabledReason>,
) -> Result<Changed, Refusal> {
    not_themselves(operator, id)?;
    connection.transaction(|connection| {
        let changed = people::disable(connection, id, reason)?;
        if changed {
            let (actor, reason) = (Actor::Operator(operator), RevokeReason::UserDisabled);
            end_sessions(connection, id, Which::All, reason, actor)?;
            note(connection, operator, EventKind::UserDisabled, id)?;
        }
        let user = record(connection, id)?;
        Ok(Changed { user, changed })
    })
}

/// Lets a disabled person sign in again. The sessions of before stay ended.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::Failure`].
pub fn enable(
    connection: &mut PgConnection,
    operator: &Operator,
    id: Uuid,
) -> Result<Changed, Refusal> {
    connection.transaction(|connection| {
        let changed = people::enable(connection, id)?;
        if changed {
            note(connection, operator, EventKind::UserEnabled, id)?;
        }
        let user = record(connection, id)?;
        Ok(Changed { user, changed })
    })
}

/// Deletes a person and their sessions. The events stay.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::OwnAccount`], [`Refusal::Failure`].
pub fn delete(
    connection: &mut PgConnection,
    operator: &Operator,
    id: Uuid,
) -> Result<UserRecord, Refusal> {
    not_themselves(operator, id)?;
    connection.transaction(|connection| {
        let user = record(connection, id)?;
        // Whoever logs in meanwhile waits for the end of this, and finds nobody.
        people::disable(connection, id, None)?;
        let (actor, reason) = (Actor::Operator(operator), RevokeReason::AccountDeleted);
        end_sessions(connection, id, Which::All, reason, actor)?;
        note(connection, operator, EventKind::AccountDeleted, id)?;
        people::delete(connection, id)?;
        Ok(user)
    })
}

/// Ends all sessions of a person.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::Failure`].
pub fn sign_out(
    connection: &mut PgConnection,
    operator: &Operator,
    id: Uuid,
) -> Result<SignedOut, Refusal> {
    connection.transaction(|connection| {
        record(connection, id)?;
        let (actor, reason) = (Actor::Operator(operator), RevokeReason::Administrator);
        note(connection, operator, EventKind::UserSignedOut, id)?;
        let ended_sessions = end_sessions(connection, id, Which::All, reason, actor)?;
        Ok(SignedOut { ended_sessions })
    })
}

/// Sets a password that has to be changed at the next login, and ends all sessions.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::OwnAccount`], [`Refusal::Failure`].
pub fn set_temporary_password(
    connection: &mut PgConnection,
    operator: &Operator,
    id: Uuid,
    password_hash: &str,
) -> Result<UserRecord, Refusal> {
    not_themselves(operator, id)?;
    connection.transaction(|connection| {
        let lifetime = TEMPORARY_PASSWORD_LIFETIME;
        if !people::set_temporary_password_hash(connection, id, password_hash, lifetime)? {
            return Err(Refusal::NoSuchUser);
        }
        let (actor, reason) = (Actor::Operator(operator), RevokeReason::PasswordChanged);
        end_sessions(connection, id, Which::All, reason, actor)?;
        note(connection, operator, EventKind::TemporaryPasswordSet, id)?;
        record(connection, id)
    })
}

/// Lets a person administer, or no longer: then their sessions that administer end.
///
/// # Errors
///
/// [`Refusal::NoSuchUser`], [`Refusal::OwnAccount`], [`Refusal::Failure`].
pub fn set_administrator(
    connection: &mut PgConnection,
    operator: &Operator,
    id: Uuid,
    administrator: bool,
) -> Result<Changed, Refusal> {
    if !administrator {
        not_themselves(operator, id)?;
    }
    connection.transaction(|connection| {
        let changed = people::set_administrator(connection, id, administrator)?;
        if changed && administrator {
            note(connection, operator, EventKind::AdministratorGranted, id)?;
        } else if changed {
            let which = Which::These(store::administrative_sessions(connection, id)?);
            let (actor, reason) = (Actor::Operator(operator), RevokeReason::Administrator);
            end_sessions(connection, id, which, reason, actor)?;
            note(connection, operator, EventKind::AdministratorRevoked, id)?;
        }
        let user = record(connection, id)?;
        Ok(Changed { user, changed })
    })
}

fn record(connection: &mut PgConnection, id: Uuid) -> Result<UserRecord, Refusal> {
    store::user(connection, id)?.ok_or(Refusal::NoSuchUser)
}

/// Whoever runs Latchkey cannot lock themselves out by it.
fn not_themselves(operator: &Operator, id: Uuid) -> Result<(), Refusal> {
    if operator.acts_as(id) {
        return Err(Refusal::OwnAccount);
    }
    Ok(())
}

fn note(
    connection: &mut PgConnection,
    operator: &Operator,
    kind: EventKind,
    id: Uuid,
) -> Result<(), Refusal> {
    let event = Event::by_operator(operator, kind).of_user(id);
    Ok(events::record(connection, &event)?)
}
