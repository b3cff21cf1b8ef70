//! Sessions of anyone, as operators see and end them.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods, Connection, ExpressionMethods, PgConnection, Queryable, Selectable,
    pg::Pg,
};
use ipnet::IpNet;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Refusal, address,
    page::{Cursor, Page, PageSize},
    store,
};
use crate::{
    events::{Actor, Operator},
    schema::{sessions, users},
    sessions::{
        ending::end_sessions,
        store::{RevokeReason, Which},
    },
};

/// A session, as an operator sees it.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = sessions, check_for_backend(Pg))]
pub struct SessionRecord {
    /// The `sid` claim of its access tokens.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// Their username.
    #[diesel(select_expression = users::username)]
    #[schema(example = "ada")]
    pub username: String,
    /// When it logged in.
    pub created_at: DateTime<Utc>,
    /// When it was last refreshed; `null` if it never was.
    #[diesel(column_name = rotated_at)]
    #[schema(required = true)]
    pub refreshed_at: Option<DateTime<Utc>>,
    /// When it ends, or ended, unless it is refreshed.
    #[diesel(column_name = idle_expires_at)]
    pub expires_at: DateTime<Utc>,
    /// Whether it can be refreshed.
    #[diesel(select_expression = sessions::revoked_at.is_null().and(sessions::idle_expires_at.gt(diesel::dsl::now)))]
    pub live: bool,
    /// When it was ended before its time.
    #[schema(required = true)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why.
    #[schema(example = "logout", required = true)]
    pub revoke_reason: Option<String>,
    /// Where it was last seen.
    #[serde(serialize_with = "address::serialize")]
    #[schema(value_type = String, example = "203.0.113.9")]
    pub ip: IpNet,
    /// What it said of itself.
    #[schema(
        example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        required = true
    )]
    pub user_agent: Option<String>,
    /// What was asked for at its login; `null` for the usual.
    #[schema(example = "auth:admin", required = true)]
    pub scope: Option<String>,
}

/// Some of the sessions, the newest login first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions. There may be none, and a next page all the same.
    pub sessions: Vec<SessionRecord>,
    /// What to send as `cursor` for the next page; `null` on the last one.
    #[schema(example = "AZpbLnxNfo-aCxwtPk9aaw", required = true)]
    pub next_cursor: Option<String>,
}

impl From<Page<SessionRecord>> for SessionList {
    fn from(page: Page<SessionRecord>) -> Self {
        Self {
            next_cursor: page.next_cursor(),
            sessions: page.entries,
        }
    }
}

/// Which sessions to list.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    /// Of this person.
    pub user_id: Option<Uuid>,
    /// Last seen at this address, or in this network.
    pub network: Option<IpNet>,
    /// Those that have ended, too.
    pub ended: bool,
}

/// Lists sessions, the newest login first.
///
/// # Errors
///
/// [`Refusal::Failure`].
pub fn list(
    connection: &mut PgConnection,
    filter: &SessionFilter,
    size: PageSize,
    start: Cursor,
) -> Result<Page<SessionRecord>, Refusal> {
    let list = |connection: &mut PgConnection| store::sessions(connection, filter, size, start);
    Ok(store::planned_for_its_values(connection, list)?)
}

/// Ends a session, and says whether it was live until then.
///
/// # Errors
///
/// [`Refusal::NoSuchSession`], [`Refusal::Failure`].
pub fn revoke(
    connection: &mut PgConnection,
    operator: &Operator,
    id: Uuid,
) -> Result<bool, Refusal> {
    connection.transaction(|connection| {
        let owner = store::owner(connection, id)?.ok_or(Refusal::NoSuchSession)?;
        let (actor, reason) = (Actor::Operator(operator), RevokeReason::Administrator);
        Ok(end_sessions(connection, owner, Which::One(id), reason, actor)? > 0)
    })
}
