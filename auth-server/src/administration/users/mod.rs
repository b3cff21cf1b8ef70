//! People, as operators see and change them.

mod query;
mod record;

use chrono::TimeDelta;
use diesel::{Connection, PgConnection};
use serde_json::json;
use uuid::Uuid;

pub use self::{
    query::{UserQuery, UserQueryError, id_of},
    record::{SignedOut, UserDetails, UserList, UserRecord, UserWithPassword},
};
use super::{
    Refusal,
    page::{Cursor, Page, PageSize},
    store,
};
use crate::{
    events::{self, Actor, Event, EventKind, Operator},
    sessions::{
        ending::end_sessions,
        store::{RevokeReason, Which},
    },
    users::{
        disabled_reason::DisabledReason,
        identifier::Identifier,
        store::{self as people, NewUser},
    },
};

/// How long a temporary password may be exchanged for one of the person's own.
pub const TEMPORARY_PASSWORD_LIFETIME: TimeDelta = TimeDelta::hours(24);

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
    let list = |connection: &mut PgConnection| store::users(connection, query, size, start);
    Ok(store::planned_for_its_values(connection, list)?)
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
    // Enabled again, the person has the reason no longer; the event keeps it.
    let told = json!({"reason": reason.map(DisabledReason::as_str)});
    let disabled = Event::by_operator(operator, EventKind::UserDisabled).of_user(id);
    let disabled = disabled.with_details(told);
    connection.transaction(|connection| {
        let changed = people::disable(connection, id, reason)?;
        if changed {
            let (actor, reason) = (Actor::Operator(operator), RevokeReason::UserDisabled);
            end_sessions(connection, id, Which::All, reason, actor)?;
            events::record(connection, &disabled)?;
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
