//! Every query of the security events.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types};
use ipnet::IpNet;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Event,
    page::{Cursor, Page, PageSize},
};
use crate::schema::security_events;

/// Records an event, at the database's time.
///
/// # Errors
///
/// The statement's failure.
pub fn record(connection: &mut PgConnection, event: &Event<'_>) -> QueryResult<()> {
    record_all(connection, std::slice::from_ref(event))
}

/// Records events, at the database's time, with one statement for each few thousand of them.
///
/// # Errors
///
/// A statement's failure.
pub fn record_all(connection: &mut PgConnection, events: &[Event<'_>]) -> QueryResult<()> {
    /// A statement takes 65,535 values, and an event has seven.
    const AT_ONCE: usize = 5_000;
    for events in events.chunks(AT_ONCE) {
        let rows: Vec<NewEvent<'_>> = events.iter().map(NewEvent::from).collect();
        diesel::insert_into(security_events::table)
            .values(rows)
            .execute(connection)?;
    }
    Ok(())
}

/// An event as it was recorded.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = security_events, check_for_backend(Pg))]
pub struct Recorded {
    /// UUID v7.
    pub id: Uuid,
    /// What happened, by its stable name.
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// In or to which session.
    pub session_id: Option<Uuid>,
    /// From where.
    pub ip: Option<IpNet>,
    /// What the client said of itself.
    pub user_agent: Option<String>,
    /// What else is worth knowing.
    pub details: Option<Value>,
}

/// A page of a person's events, the newest first.
///
/// # Errors
///
/// The statement's failure.
pub fn list(
    connection: &mut PgConnection,
    user_id: Uuid,
    size: PageSize,
    start: Cursor,
) -> QueryResult<Page> {
    let events: Vec<Recorded> = security_events::table
        .filter(security_events::user_id.eq(user_id))
        .filter(security_events::id.lt(start.bound()))
        .order(security_events::id.desc())
        .limit(size.one_more())
        .select(Recorded::as_select())
        .load(connection)?;
    Ok(Page::cut(events, size, |event| event.id, None))
}

/// Deletes some of the events that are older than that, the oldest first, and says how many. The service's
/// role can delete none but by this function, which the owner of the table made.
///
/// # Errors
///
/// The statement's failure: among others, for less than [`LEAST_EVENT_RETENTION`](super::LEAST_EVENT_RETENTION).
pub fn forget(
    connection: &mut PgConnection,
    older_than: Duration,
    at_most: i64,
) -> QueryResult<usize> {
    let milliseconds = i64::try_from(older_than.as_millis()).unwrap_or(i64::MAX);
    let forgotten = diesel::sql_query(
        "select forget_security_events($1 * interval '1 millisecond', $2::integer) as events",
    )
    .bind::<sql_types::BigInt, _>(milliseconds)
    .bind::<sql_types::BigInt, _>(at_most)
    .get_result::<Forgotten>(connection)?;
    Ok(usize::try_from(forgotten.events).unwrap_or_default())
}

#[derive(QueryableByName)]
struct Forgotten {
    #[diesel(sql_type = sql_types::BigInt)]
    events: i64,
}

#[derive(Insertable)]
#[diesel(table_name = security_events)]
struct NewEvent<'a> {
    id: Uuid,
    kind: &'a str,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    ip: Option<IpNet>,
    user_agent: Option<&'a str>,
    details: Option<&'a Value>,
}

impl<'a> From<&'a Event<'a>> for NewEvent<'a> {
    fn from(event: &'a Event<'a>) -> Self {
        Self {
            id: Uuid::now_v7(),
            kind: event.kind.as_str(),
            user_id: event.user_id,
            session_id: event.session_id,
            ip: event.client.map(|client| IpNet::from(client.address)),
            user_agent: event.client.and_then(|client| client.user_agent.as_deref()),
            details: event.details.as_ref(),
        }
    }
}
