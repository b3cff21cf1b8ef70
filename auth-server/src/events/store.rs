//! Every query of the security events.

use diesel::{PgConnection, QueryResult, RunQueryDsl, prelude::Insertable};
use ipnet::IpNet;
use serde_json::Value;
use uuid::Uuid;

use super::Event;
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
