//! The user table: every query that touches it alone.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    sql_types::{Interval, Timestamptz},
};
use uuid::Uuid;

use super::{
    disabled_reason::DisabledReason, email::Email, full_name::FullName, identifier::Identifier,
    username::Username,
};
use crate::schema::users;

/// A person, as shown to themselves.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct User {
    /// The `sub` claim.
    pub id: Uuid,
    /// Canonical.
    pub username: String,
    /// Canonical.
    pub email: String,
    /// As given.
    pub full_name: Option<String>,
    /// When they registered.
    pub created_at: DateTime<Utc>,
}

impl User {
    /// What someone who knows this person would try as their password.
    #[must_use]
    pub fn context(&self) -> Vec<String> {
        [
            Some(&self.username),
            Some(&self.email),
            self.full_name.as_ref(),
        ]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
    }
}

/// What the comparison of a password needs to know of a person.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct Credentials {
    /// Whose.
    pub id: Uuid,
    /// As stored.
    pub password_hash: String,
    /// When this password was set. An upgrade of its hash leaves it.
    pub password_changed_at: DateTime<Utc>,
    /// Set for a person who may not sign in.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Set for a temporary password: whether it may still be exchanged for one of their own.
    #[diesel(select_expression = users::password_expires_at.gt(diesel::dsl::now))]
    pub temporary: Option<bool>,
}

impl Credentials {
    /// Whether the right password lets them in, or is exchanged for one of their own.
    #[must_use]
    pub fn let_in(&self) -> bool {
        self.disabled_at.is_none() && self.temporary != Some(false)
    }
}

/// A person about to be added.
#[derive(Clone)]
pub struct NewUser {
    /// Unique.
    pub username: Username,
    /// Unique.
    pub email: Email,
    /// If given.
    pub full_name: Option<FullName>,
}

impl NewUser {
    /// What someone who knows this person would try as their password.
    #[must_use]
    pub fn context(&self) -> Vec<String> {
        let full_name = self.full_name.as_ref().map(FullName::as_str);
        [
            Some(self.username.as_str()),
            Some(self.email.as_str()),
            full_name,
        ]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect()
    }
}

/// Changes to a person's profile; what is `None` stays.
#[derive(Clone, Default)]
pub struct ProfileChanges {
    /// A new username.
    pub username: Option<Username>,
    /// A new full name, or none from now on.
    pub full_name: Option<Option<FullName>>,
}

/// The unique constraint on usernames.
pub const USERNAME_TAKEN: &str = "users_username_key";
/// The unique constraint on e-mail addresses.
pub const EMAIL_TAKEN: &str = "users_email_key";

/// Adds a person, and says when their password was set.
///
/// # Errors
///
/// The statement's failure, among them the violation of [`USERNAME_TAKEN`] or [`EMAIL_TAKEN`].
pub fn insert(
    connection: &mut PgConnection,
    user: &NewUser,
    password_hash: &str,
) -> QueryResult<(User, DateTime<Utc>)> {
    diesel::insert_into(users::table)
        .values((
            users::id.eq(Uuid::now_v7()),
            users::username.eq(user.username.as_str()),
            users::email.eq(user.email.as_str()),
            users::full_name.eq(user.full_name.as_ref().map(FullName::as_str)),
            users::password_hash.eq(password_hash),
        ))
        .returning((User::as_returning(), users::password_changed_at))
        .get_result(connection)
}

/// Finds the credentials of whoever goes by that identifier.
///
/// # Errors
///
/// The statement's failure.
pub fn credentials_of(
    connection: &mut PgConnection,
    identifier: &Identifier,
) -> QueryResult<Option<Credentials>> {
    let query = users::table.select(Credentials::as_select()).into_boxed();
    match identifier {
        Identifier::Username(username) => query.filter(users::username.eq(username.as_str())),
        Identifier::Email(email) => query.filter(users::email.eq(email.as_str())),
    }
    .first(connection)
    .optional()
}

/// Finds a person's credentials by id.
///
/// # Errors
///
/// The statement's failure.
pub fn credentials_by_id(
    connection: &mut PgConnection,
    user_id: Uuid,
) -> QueryResult<Option<Credentials>> {
    users::table
        .find(user_id)
        .select(Credentials::as_select())
        .first(connection)
        .optional()
}

/// Finds a person by id.
///
/// # Errors
///
/// The statement's failure.
pub fn find(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<Option<User>> {
    users::table
        .find(user_id)
        .select(User::as_select())
        .first(connection)
        .optional()
}

/// Locks a person's row until the end of the transaction, if their password is still the one that was
/// compared, however it is hashed by now, and they may sign in. What is then done for them cannot overtake a
/// change of password, a ban or a deletion.
///
/// # Errors
///
/// The statement's failure.
pub fn lock_if_unchanged(
    connection: &mut PgConnection,
    compared: &Credentials,
) -> QueryResult<Option<User>> {
    users::table
        .find(compared.id)
        .filter(users::password_changed_at.eq(compared.password_changed_at))
        .filter(users::disabled_at.is_null())
        .select(User::as_select())
        .for_no_key_update()
        .first(connection)
        .optional()
}

/// Changes a person's profile and returns it.
///
/// # Errors
///
/// The statement's failure, among them the violation of [`USERNAME_TAKEN`].
pub fn update_profile(
    connection: &mut PgConnection,
    user_id: Uuid,
    changes: &ProfileChanges,
) -> QueryResult<Option<User>> {
    diesel::update(users::table.find(user_id))
        .set((
            changes
                .username
                .as_ref()
                .map(|username| users::username.eq(username.as_str())),
            changes
                .full_name
                .as_ref()
                .map(|name| users::full_name.eq(name.as_ref().map(FullName::as_str))),
            users::updated_at.eq(diesel::dsl::now),
        ))
        .returning(User::as_returning())
        .get_result(connection)
        .optional()
}

/// Replaces a password hash by one of the same password.
///
/// # Errors
///
/// The statement's failure.
pub fn upgrade_password_hash(
    connection: &mut PgConnection,
    user_id: Uuid,
    password_hash: &str,
) -> QueryResult<()> {
    diesel::update(users::table.find(user_id))
        .set(users::password_hash.eq(password_hash))
        .execute(connection)
        .map(drop)
}

/// Sets a new password of the person's own, and says when.
///
/// # Errors
///
/// The statement's failure.
pub fn set_password_hash(
    connection: &mut PgConnection,
    user_id: Uuid,
    password_hash: &str,
) -> QueryResult<DateTime<Utc>> {
    diesel::update(users::table.find(user_id))
        .set((
            users::password_hash.eq(password_hash),
            users::password_changed_at.eq(diesel::dsl::now),
            users::password_expires_at.eq(None::<DateTime<Utc>>),
            users::updated_at.eq(diesel::dsl::now),
        ))
        .returning(users::password_changed_at)
        .get_result(connection)
}

/// Whether a person administers. Until the end of the transaction they do not cease to.
///
/// # Errors
///
/// The statement's failure.
pub fn is_administrator(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<bool> {
    let administrator = users::table
        .find(user_id)
        .filter(users::is_administrator)
        .select(users::id)
        .for_share()
        .first::<Uuid>(connection)
        .optional()?;
    Ok(administrator.is_some())
}

/// Sets a password that may be exchanged for one of the person's own within that time. `false` where there is no
/// such person.
///
/// # Errors
///
/// The statement's failure.
pub fn set_temporary_password_hash(
    connection: &mut PgConnection,
    user_id: Uuid,
    password_hash: &str,
    good_for: TimeDelta,
) -> QueryResult<bool> {
    let now = diesel::dsl::now.into_sql::<Timestamptz>();
    let expiry = now + good_for.into_sql::<Interval>();
    diesel::update(users::table.find(user_id))
        .set((
            users::password_hash.eq(password_hash),
            users::password_changed_at.eq(diesel::dsl::now),
            users::password_expires_at.eq(expiry.nullable()),
            users::updated_at.eq(diesel::dsl::now),
        ))
        .execute(connection)
        .map(|changed| changed == 1)
}

/// Lets a person administer, or no longer, and says whether that is a change.
///
/// # Errors
///
/// The statement's failure.
pub fn set_administrator(
    connection: &mut PgConnection,
    user_id: Uuid,
    administrator: bool,
) -> QueryResult<bool> {
    diesel::update(users::table.find(user_id))
        .filter(users::is_administrator.ne(administrator))
        .set(users::is_administrator.eq(administrator))
        .execute(connection)
        .map(|changed| changed == 1)
}

/// Marks a person as disabled, and says whether they were not before.
///
/// # Errors
///
/// The statement's failure.
pub fn disable(
    connection: &mut PgConnection,
    user_id: Uuid,
    reason: Option<&DisabledReason>,
) -> QueryResult<bool> {
    diesel::update(users::table.find(user_id))
        .filter(users::disabled_at.is_null())
        .set((
            users::disabled_at.eq(diesel::dsl::now),
            users::disabled_reason.eq(reason.map(DisabledReason::as_str)),
        ))
        .execute(connection)
        .map(|changed| changed == 1)
}

/// Marks a person as not disabled, and says whether they were before.
///
/// # Errors
///
/// The statement's failure.
pub fn enable(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<bool> {
    diesel::update(users::table.find(user_id))
        .filter(users::disabled_at.is_not_null())
        .set((
            users::disabled_at.eq(None::<DateTime<Utc>>),
            users::disabled_reason.eq(None::<String>),
        ))
        .execute(connection)
        .map(|changed| changed == 1)
}

/// Deletes a person, and with them their sessions.
///
/// # Errors
///
/// The statement's failure.
pub fn delete(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<()> {
    diesel::delete(users::table.find(user_id))
        .execute(connection)
        .map(drop)
}
