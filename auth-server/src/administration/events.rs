//! Security events of everyone, for operators.

use chrono::{DateTime, Datelike, Utc};
use diesel::{PgConnection, Queryable, Selectable, pg::Pg};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Refusal, address,
    page::{Cursor, Page, PageSize},
    store,
};
use crate::{
    events::{self, Event, EventKind, Operator},
    schema::security_events,
};

/// An event, as an operator sees it.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = security_events, check_for_backend(Pg))]
pub struct EventRecord {
    /// Its name for good.
    pub id: Uuid,
    /// When (RFC 3339, UTC).
    pub at: DateTime<Utc>,
    /// What happened.
    #[schema(example = "refresh_reuse")]
    pub kind: String,
    /// To whom, as far as known.
    #[schema(required = true)]
    pub user_id: Option<Uuid>,
    /// In or to which session.
    #[schema(required = true)]
    pub session_id: Option<Uuid>,
    /// Where it came from; `null` for what an operator or the server did.
    #[serde(serialize_with = "address::optional::serialize")]
    #[schema(value_type = Option<String>, example = "203.0.113.9", required = true)]
    pub ip: Option<IpNet>,
    /// What the client said of itself.
    #[schema(required = true)]
    pub user_agent: Option<String>,
    /// What else there is to know, by kind. Of what an operator did: `by` whom.
    #[schema(value_type = Option<Object>, required = true)]
    pub details: Option<Value>,
}

/// Some of the events, the newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventList {
    /// The events. There may be none, and a next page all the same.
    pub events: Vec<EventRecord>,
    /// What to send as `cursor` for the next page; `null` on the last one.
    #[schema(example = "AZpbLnxNfo-aCxwtPk9aaw", required = true)]
    pub next_cursor: Option<String>,
}

impl From<Page<EventRecord>> for EventList {
    fn from(page: Page<EventRecord>) -> Self {
        Self {
            next_cursor: page.next_cursor(),
            events: page.entries,
        }
    }
}

/// Reads an instant (RFC 3339) of the years from 0 to 9999, which a database can compare and an id begin with.
///
/// # Errors
///
/// [`InvalidInstant`].
pub fn instant(text: &str) -> Result<DateTime<Utc>, InvalidInstant> {
    text.parse::<DateTime<Utc>>()
        .ok()
        .filter(|instant| (0..=9999).contains(&instant.year()))
        .ok_or(InvalidInstant)
}

/// A text that is no such instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("This is no instant such as 2026-11-22T08:00:00Z, of the years from 0 to 9999.")]
pub struct InvalidInstant;

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// To this person.
    pub user_id: Option<Uuid>,
    /// In or to this session.
    pub session_id: Option<Uuid>,
    /// From this address, or this network.
    pub network: Option<IpNet>,
    /// Then or later.
    pub since: Option<DateTime<Utc>>,
    /// Before then.
    pub until: Option<DateTime<Utc>>,
}

/// Lists events, the newest first.
///
/// # Errors
///
/// [`Refusal::Failure`].
pub fn list(
    connection: &mut PgConnection,
    filter: &EventFilter,
    size: PageSize,
    start: Cursor,
) -> Result<Page<EventRecord>, Refusal> {
    let list = |connection: &mut PgConnection| store::events(connection, filter, size, start);
    Ok(store::planned_for_its_values(connection, list)?)
}

/// Records that an operator begins to take events away, and which.
///
/// # Errors
///
/// [`Refusal::Failure`].
pub fn note_export(
    connection: &mut PgConnection,
    operator: &Operator,
    filter: &EventFilter,
) -> Result<(), Refusal> {
    let event = Event::by_operator(operator, EventKind::EventsExportBegun);
    let details = json!({
        "kind": filter.kind.map(EventKind::as_str),
        "user": filter.user_id,
        "session": filter.session_id,
        "network": filter.network.map(|network| network.to_string()),
        "since": filter.since,
        "until": filter.until,
    });
    Ok(events::record(connection, &event.with_details(details))?)
}
