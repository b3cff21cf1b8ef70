//! The session table: every query that touches it.

mod rotate;

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types};
use ipnet::IpNet;
use uuid::Uuid;

use self::rotate::Rotate;
use super::{policy::SessionPolicy, rotation::SessionState};
use crate::{
    client::Client,
    schema::{sessions, users},
    tokens::{
        refresh_token::{RefreshToken, SessionHandle},
        scope::SessionScope,
    },
};

/// Why a session was ended before its time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevokeReason {
    /// Its holder logged out.
    Logout,
    /// Its owner ended it from another device.
    Revoked,
    /// Its holder logged in anew.
    Replaced,
    /// A superseded refresh token was presented.
    Reuse,
    /// The password was changed elsewhere.
    PasswordChanged,
    /// The person was disabled.
    UserDisabled,
    /// The account was deleted.
    AccountDeleted,
    /// An administrator ended it.
    Administrator,
}

impl RevokeReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::Reuse => "reuse",
            Self::PasswordChanged => "password_changed",
            Self::UserDisabled => "user_disabled",
            Self::AccountDeleted => "account_deleted",
            Self::Administrator => "administrator",
        }
    }
}

/// A session just after its login or rotation, with what goes into its access token.
#[derive(Clone, Queryable, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub struct LiveSession {
    /// The `sid` claim.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: Uuid,
    /// The current generation.
    #[diesel(sql_type = sql_types::BigInt)]
    pub generation: i64,
    /// When the person logged in.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When the session ends unless it is refreshed.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub idle_expires_at: DateTime<Utc>,
    /// Now, by the database's clock.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub now: DateTime<Utc>,
    /// The `sub` claim.
    #[diesel(sql_type = sql_types::Uuid)]
    pub user_id: Uuid,
    /// The `preferred_username` claim.
    #[diesel(sql_type = sql_types::Text)]
    pub username: String,
    /// The `email` claim.
    #[diesel(sql_type = sql_types::Text)]
    pub email: String,
    /// The `name` claim.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub full_name: Option<String>,
    /// What was asked for at the login; `None` for the usual.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub scope: Option<String>,
}

/// A session as found by its handle, whatever its state.
#[derive(Clone)]
pub struct FoundSession {
    /// What the decision needs.
    pub state: SessionState,
    /// What an answer needs.
    pub session: LiveSession,
}

/// A person's device, as shown to them.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Pg))]
pub struct Device {
    /// The session's public id.
    pub id: Uuid,
    /// When it logged in.
    pub created_at: DateTime<Utc>,
    /// When it was last refreshed, if it was.
    pub rotated_at: Option<DateTime<Utc>>,
    /// When it ends unless it is refreshed.
    pub idle_expires_at: DateTime<Utc>,
    /// Where it was last seen.
    pub ip: IpNet,
    /// What it says of itself.
    pub user_agent: Option<String>,
}

/// Adds the session of a login and returns it.
///
/// # Errors
///
/// The statement's failure; `NotFound` where the user is gone.
pub fn insert(
    connection: &mut PgConnection,
    user_id: Uuid,
    handle: &SessionHandle,
    policy: &SessionPolicy,
    scope: &SessionScope,
    client: &Client,
) -> QueryResult<LiveSession> {
    diesel::sql_query(
        "with added as (
             insert into sessions (id, handle, user_id, idle_expires_at, absolute_expires_at, ip, user_agent, scope)
             values ($1, $2, $3, now() + least($4, $5) * interval '1 millisecond',
                     now() + $5 * interval '1 millisecond', $6, $7, $8)
             returning *
         )
         select added.id, generation, added.created_at, idle_expires_at, now() as now,
                user_id, username, email, full_name, scope
         from added join users on users.id = user_id",
    )
    .bind::<sql_types::Uuid, _>(Uuid::now_v7())
    .bind::<sql_types::Binary, _>(handle.expose())
    .bind::<sql_types::Uuid, _>(user_id)
    .bind::<sql_types::BigInt, _>(milliseconds(policy.idle))
    .bind::<sql_types::BigInt, _>(milliseconds(policy.absolute_for(scope)))
    .bind::<sql_types::Inet, _>(IpNet::from(client.address))
    .bind::<sql_types::Nullable<sql_types::Text>, _>(client.user_agent.as_deref())
    .bind::<sql_types::Nullable<sql_types::Text>, _>(scope.as_str())
    .get_result(connection)
}

/// Replaces the presented token by its successor, in one statement: only if the token is current,
/// may be succeeded, and belongs to a live session of a person who may sign in. Of any number of
/// callers that present the same token, on any number of replicas, one gets the row.
///
/// `window` is how long a generation is not succeeded after its birth by rotation.
///
/// # Errors
///
/// The statement's failure. `None` says only that no row fitted; [`find`] tells why.
pub fn rotate(
    connection: &mut PgConnection,
    token: &RefreshToken,
    policy: &SessionPolicy,
    window: Duration,
    client: &Client,
) -> QueryResult<Option<LiveSession>> {
    Rotate {
        handle: token.handle.expose(),
        generation: token.generation,
        window: milliseconds(window),
        idle: milliseconds(policy.idle),
        ip: IpNet::from(client.address),
        user_agent: client.user_agent.as_deref(),
    }
    .get_result(connection)
    .optional()
}

/// Finds a session by its handle, whatever its state.
///
/// # Errors
///
/// The statement's failure.
pub fn find(
    connection: &mut PgConnection,
    handle: &SessionHandle,
) -> QueryResult<Option<FoundSession>> {
    let found = sessions::table
        .inner_join(users::table)
        .filter(sessions::handle.eq(handle.expose()))
        .select((
            live_session_columns(),
            sessions::rotated_at,
            sessions::revoked_at
                .is_not_null()
                .or(users::disabled_at.is_not_null()),
        ))
        .first::<(LiveSession, Option<DateTime<Utc>>, bool)>(connection)
        .optional()?;
    Ok(found.map(|(session, rotated_at, revoked)| FoundSession {
        state: SessionState {
            generation: session.generation,
            rotated_at,
            expires_at: session.idle_expires_at,
            revoked,
        },
        session,
    }))
}

/// Whether the session that an access token names is still live and its owner may still sign in.
///
/// # Errors
///
/// The statement's failure.
pub fn is_live(
    connection: &mut PgConnection,
    session_id: Uuid,
    user_id: Uuid,
) -> QueryResult<bool> {
    let live = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(session_id))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(diesel::dsl::now))
        .filter(users::disabled_at.is_null());
    diesel::select(diesel::dsl::exists(live)).get_result(connection)
}

/// Which of a person's sessions to end.
#[derive(Clone, Debug)]
pub enum Which {
    /// This one.
    One(Uuid),
    /// All but this one.
    AllBut(Uuid),
    /// These.
    These(Vec<Uuid>),
    /// All.
    All,
}

/// A session that was just ended, as it was last used.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Pg))]
pub struct Ended {
    /// Its public id.
    pub id: Uuid,
    /// Its last generation.
    pub generation: i64,
    /// When that was born, if not by the login.
    pub rotated_at: Option<DateTime<Utc>>,
    /// Where it was last refreshed from.
    pub ip: IpNet,
    /// By what.
    pub user_agent: Option<String>,
}

/// Ends sessions of a person that have not been ended yet, and returns them. Those whose time was over more
/// than an hour ago are left: no token of theirs is good any more.
///
/// # Errors
///
/// The statement's failure.
pub fn revoke(
    connection: &mut PgConnection,
    user_id: Uuid,
    which: Which,
    reason: RevokeReason,
) -> QueryResult<Vec<Ended>> {
    let an_hour_ago = diesel::dsl::sql::<sql_types::Timestamptz>("now() - interval '65 minutes'");
    let mut theirs = diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(an_hour_ago))
        .into_boxed();
    theirs = match which {
        Which::One(id) => theirs.filter(sessions::id.eq(id)),
        Which::AllBut(id) => theirs.filter(sessions::id.ne(id)),
        Which::These(ids) => theirs.filter(sessions::id.eq_any(ids)),
        Which::All => theirs,
    };
    theirs
        .set((
            sessions::revoked_at.eq(diesel::dsl::now),
            sessions::revoke_reason.eq(reason.as_str()),
        ))
        .returning(Ended::as_returning())
        .get_results(connection)
}

/// A person's live sessions but for the `keep` that were used last.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn beyond_the_newest(
    connection: &mut PgConnection,
    user_id: Uuid,
    keep: u32,
) -> QueryResult<Vec<Uuid>> {
    let last_used = diesel::dsl::sql::<sql_types::Timestamptz>("coalesce(rotated_at, created_at)");
    sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(diesel::dsl::now))
        .order((last_used.desc(), sessions::id.desc()))
        .offset(keep.into())
        .select(sessions::id)
        .load(connection)
}

/// A person's live sessions, the newest login first.
///
/// # Errors
///
/// The statement's failure.
pub fn devices(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<Vec<Device>> {
    sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(diesel::dsl::now))
        .order((sessions::created_at.desc(), sessions::id))
        .select(Device::as_select())
        .load(connection)
}

/// Whether this session, live or not, is this person's.
///
/// # Errors
///
/// The statement's failure.
pub fn belongs_to(
    connection: &mut PgConnection,
    session_id: Uuid,
    user_id: Uuid,
) -> QueryResult<bool> {
    let theirs = sessions::table
        .filter(sessions::id.eq(session_id))
        .filter(sessions::user_id.eq(user_id));
    diesel::select(diesel::dsl::exists(theirs)).get_result(connection)
}

type LiveSessionColumns = (
    sessions::id,
    sessions::generation,
    sessions::created_at,
    sessions::idle_expires_at,
    diesel::dsl::AsExprOf<diesel::dsl::now, sql_types::Timestamptz>,
    users::id,
    users::username,
    users::email,
    users::full_name,
    sessions::scope,
);

fn live_session_columns() -> LiveSessionColumns {
    (
        sessions::id,
        sessions::generation,
        sessions::created_at,
        sessions::idle_expires_at,
        diesel::dsl::now.into_sql::<sql_types::Timestamptz>(),
        users::id,
        users::username,
        users::email,
        users::full_name,
        sessions::scope,
    )
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
