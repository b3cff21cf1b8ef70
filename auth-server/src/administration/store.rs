//! Queries that only operators make.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{connection::SimpleConnection, prelude::*};
use uuid::Uuid;

use super::{
    events::{EventFilter, EventRecord},
    page::{Cursor, Page, PageSize},
    sessions::{SessionFilter, SessionRecord},
    users::{UserQuery, UserRecord},
};
use crate::{
    schema::{security_events, sessions, users},
    tokens::scope::ADMIN_SCOPE,
};

/// How many rows a call looks at, at the most, where no index leads to what it asks for: a tenth of a second's worth.
const LOOKED_AT: i64 = 50_000;

/// How far the clock of whoever made an id (UUID v7) may be from the database's.
const CLOCKS_APART: TimeDelta = TimeDelta::hours(1);

/// Asks with plans for just these values: which index leads to what is looked for depends on them. Whoever has
/// partitioned the sessions may have told Postgres to plan once for all values, which is best for what is asked for by
/// a key.
pub(super) fn planned_for_its_values<T>(
    connection: &mut PgConnection,
    ask: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    connection.transaction(|connection| {
        connection.batch_execute("set local plan_cache_mode = force_custom_plan")?;
        ask(connection)
    })
}

/// A page of the people that fit, the newest first.
pub(super) fn users(
    connection: &mut PgConnection,
    query: &UserQuery,
    size: PageSize,
    start: Cursor,
) -> QueryResult<Page<UserRecord>> {
    let mut found = users::table
        .filter(users::id.lt(start.bound()))
        .order(users::id.desc())
        .limit(size.one_more())
        .select(UserRecord::as_select())
        .into_boxed();
    match query {
        UserQuery::All => (),
        UserQuery::Id(id) => found = found.filter(users::id.eq(id)),
        UserQuery::Beginning(text) => {
            let pattern = beginning_with(text);
            found = found.filter(
                users::username
                    .like(pattern.clone())
                    .or(users::email.like(pattern)),
            );
        }
    }
    let entries = found.load(connection)?;
    Ok(Page::cut(entries, size, |user| user.id, None))
}

/// A person.
pub(super) fn user(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<UserRecord>> {
    users::table
        .find(id)
        .select(UserRecord::as_select())
        .first(connection)
        .optional()
}

/// How many live sessions a person has.
pub(super) fn live_sessions(connection: &mut PgConnection, user_id: Uuid) -> QueryResult<i64> {
    sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(diesel::dsl::now))
        .count()
        .get_result(connection)
}

/// A person's sessions that administer.
pub(super) fn administrative_sessions(
    connection: &mut PgConnection,
    user_id: Uuid,
) -> QueryResult<Vec<Uuid>> {
    sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::scope.eq(ADMIN_SCOPE))
        .select(sessions::id)
        .load(connection)
}

/// Whose session that is.
pub(super) fn owner(connection: &mut PgConnection, session_id: Uuid) -> QueryResult<Option<Uuid>> {
    sessions::table
        .find(session_id)
        .select(sessions::user_id)
        .first(connection)
        .optional()
}

/// A page of the sessions that fit, the newest first.
pub(super) fn sessions(
    connection: &mut PgConnection,
    filter: &SessionFilter,
    size: PageSize,
    start: Cursor,
) -> QueryResult<Page<SessionRecord>> {
    let mut found = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.lt(start.bound()))
        .order(sessions::id.desc())
        .limit(size.one_more())
        .select(SessionRecord::as_select())
        .into_boxed();
    // No index leads from an address to its sessions: each refresh from another one would have to change it.
    let mut seen_from = None;
    if let Some(user_id) = filter.user_id {
        found = found.filter(sessions::user_id.eq(user_id));
    } else if filter.network.is_some() || !filter.ended {
        seen_from = sessions::table
            .filter(sessions::id.lt(start.bound()))
            .order(sessions::id.desc())
            .offset(LOOKED_AT - 1)
            .select(sessions::id)
            .first(connection)
            .optional()?;
    }
    if let Some(seen_from) = seen_from {
        found = found.filter(sessions::id.ge(seen_from));
    }
    if let Some(network) = filter.network {
        found = found.filter(sessions::ip.is_contained_by_or_eq(network));
    }
    if !filter.ended {
        found = found
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::idle_expires_at.gt(diesel::dsl::now));
    }
    let entries = found.load(connection)?;
    Ok(Page::cut(entries, size, |session| session.id, seen_from))
}

/// A page of the events that fit, the newest first.
pub(super) fn events(
    connection: &mut PgConnection,
    filter: &EventFilter,
    size: PageSize,
    start: Cursor,
) -> QueryResult<Page<EventRecord>> {
    let newest = filter.until.map(|until| first_id_of(until + CLOCKS_APART));
    let before = newest.map_or(start.bound(), |newest| newest.min(start.bound()));
    let oldest = filter.since.map(|since| first_id_of(since - CLOCKS_APART));
    let mut found = security_events::table
        .filter(security_events::id.lt(before))
        .order(security_events::id.desc())
        .limit(size.one_more())
        .select(EventRecord::as_select())
        .into_boxed();
    let is_sparse =
        filter.kind.is_some() || filter.session_id.is_some() || filter.network.is_some();
    let mut seen_from = None;
    if let Some(user_id) = filter.user_id {
        found = found.filter(security_events::user_id.eq(user_id));
    } else if is_sparse {
        seen_from = security_events::table
            .filter(security_events::id.lt(before))
            .order(security_events::id.desc())
            .offset(LOOKED_AT - 1)
            .select(security_events::id)
            .first::<Uuid>(connection)
            .optional()?
            .filter(|seen_from| oldest.is_none_or(|oldest| oldest < *seen_from));
    }
    if let Some(from) = seen_from.max(oldest) {
        found = found.filter(security_events::id.ge(from));
    }
    if let Some(kind) = filter.kind {
        found = found.filter(security_events::kind.eq(kind.as_str()));
    }
    if let Some(session_id) = filter.session_id {
        found = found.filter(security_events::session_id.eq(session_id));
    }
    if let Some(network) = filter.network {
        found = found.filter(security_events::ip.is_contained_by_or_eq(network));
    }
    if let Some(since) = filter.since {
        found = found.filter(security_events::at.ge(since));
    }
    if let Some(until) = filter.until {
        found = found.filter(security_events::at.lt(until));
    }
    let entries = found.load(connection)?;
    Ok(Page::cut(entries, size, |event| event.id, seen_from))
}

/// The pattern of `like` for texts that begin with this one.
fn beginning_with(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The least id of version 7 that could have been made at that time.
fn first_id_of(at: DateTime<Utc>) -> Uuid {
    let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    Uuid::from_u64_pair(milliseconds << 16, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_patterns_stand_for_themselves() {
        assert_eq!(beginning_with(r"a_b%c\d"), r"a\_b\%c\\d%");
    }

    #[test]
    fn ids_begin_with_their_time() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let timestamp = uuid::Timestamp::from_unix(uuid::NoContext, 1_800_000_000, 0);
        assert!(first_id_of(at) <= Uuid::new_v7(timestamp));
        assert!(Uuid::new_v7(timestamp) < first_id_of(at + TimeDelta::milliseconds(1)));
        assert_eq!(
            first_id_of(DateTime::from_timestamp(-1, 0).unwrap()),
            Uuid::nil()
        );
    }
}
