//! The database against the ledger, row by row.

use std::collections::{BTreeMap, HashMap};

use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use local_run::postgres::Service;
use uuid::Uuid;

use crate::clock::{Moment, epoch};
use crate::ledger::{End, Reason, Session};
use crate::servers::{Origin, Servers};
use crate::simulation::Simulation;

/// A row of `sessions`, with times in whole seconds since 1970.
#[derive(Debug, Eq, PartialEq, QueryableByName)]
struct SessionRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    generation: i64,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    rotated_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    idle_expires_at: i64,
    #[diesel(sql_type = BigInt)]
    absolute_expires_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    revoked_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    revoke_reason: Option<String>,
    #[diesel(sql_type = Text)]
    ip: String,
    #[diesel(sql_type = Text)]
    user_agent: String,
}

/// An event that tells of the end of a session.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, QueryableByName)]
struct EndRow {
    #[diesel(sql_type = SqlUuid)]
    session_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Text)]
    ip: String,
    #[diesel(sql_type = Text)]
    user_agent: String,
}

#[derive(QueryableByName)]
struct KindRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    events: i64,
}

/// Every session is in the database as it has to be, there is no other, each end has its one event, and
/// nothing else was recorded.
pub(crate) fn compare(servers: &Servers, simulation: &Simulation<'_>) {
    let url = servers.postgres().superuser_url(Service::Auth.database());
    let mut connection = PgConnection::establish(&url).unwrap();
    let sessions = &simulation.ledger.sessions;
    compare_sessions(&mut connection, sessions);
    compare_ends(&mut connection, sessions);
    compare_last_rotations(&mut connection, sessions);

    let (people, all) = (simulation.tally.registered.len(), sessions.len());
    let ended = |wanted| simulation.ledger.ended(wanted);
    let mut expected = BTreeMap::from([
        ("registered", people),
        ("login", all - people),
        ("logout", ended(Reason::Logout)),
        ("session_revoked", ended(Reason::Replaced)),
        ("refresh_reuse", ended(Reason::Reuse)),
    ]);
    expected.retain(|_, events| *events > 0);
    let found: Vec<KindRow> =
        sql_query("select kind, count(*) as events from security_events group by kind")
            .load(&mut connection)
            .unwrap();
    let found: BTreeMap<&str, usize> = found
        .iter()
        .map(|row| (row.kind.as_str(), usize::try_from(row.events).unwrap()))
        .collect();
    assert_eq!(found, expected);
}

fn compare_sessions(connection: &mut PgConnection, sessions: &[Session]) {
    let rows: Vec<SessionRow> = sql_query(
        "select id, generation,
                extract(epoch from created_at)::bigint as created_at,
                extract(epoch from rotated_at)::bigint as rotated_at,
                extract(epoch from idle_expires_at)::bigint as idle_expires_at,
                extract(epoch from absolute_expires_at)::bigint as absolute_expires_at,
                extract(epoch from revoked_at)::bigint as revoked_at,
                revoke_reason, host(ip) as ip, user_agent
         from sessions",
    )
    .load(connection)
    .unwrap();
    assert_eq!(rows.len(), sessions.len());
    let rows: HashMap<Uuid, SessionRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    for session in sessions {
        let end = session.end.as_ref();
        let expected = SessionRow {
            id: session.id,
            generation: i64::try_from(session.generation()).unwrap(),
            created_at: epoch(session.created_at()),
            rotated_at: session.rotated_at().map(epoch),
            idle_expires_at: epoch(session.idle_until),
            absolute_expires_at: epoch(session.absolute_until),
            revoked_at: end.map(|end| epoch(end.at)),
            revoke_reason: end.map(|end| end.reason.as_str().to_owned()),
            ip: session.origin.ip.clone(),
            user_agent: session.origin.user_agent.clone(),
        };
        assert_eq!(rows.get(&session.id), Some(&expected));
    }
}

fn compare_ends(connection: &mut PgConnection, sessions: &[Session]) {
    let mut rows: Vec<EndRow> = sql_query(
        "select session_id, kind, extract(epoch from at)::bigint as at, host(ip) as ip, user_agent
         from security_events where kind in ('logout', 'session_revoked', 'refresh_reuse')",
    )
    .load(connection)
    .unwrap();
    let mut expected: Vec<EndRow> = sessions
        .iter()
        .filter_map(|session| Some(end_row(session.id, session.end.as_ref()?)))
        .collect();
    rows.sort();
    expected.sort();
    assert_eq!(rows, expected);
}

/// The event of a reuse names the other party too: who rotated last before it, when and from where.
fn compare_last_rotations(connection: &mut PgConnection, sessions: &[Session]) {
    let mut rows: Vec<EndRow> = sql_query(
        "select session_id, kind,
                extract(epoch from (other ->> 'at')::timestamptz)::bigint as at,
                host((other ->> 'ip')::inet) as ip,
                other ->> 'user_agent' as user_agent
         from security_events, lateral (select details -> 'last_rotation' as other) as details
         where kind = 'refresh_reuse'",
    )
    .load(connection)
    .unwrap();
    let mut expected: Vec<EndRow> = sessions
        .iter()
        .filter(|session| {
            let end = session.end.as_ref();
            end.is_some_and(|end| end.reason == Reason::Reuse)
        })
        .map(|session| EndRow {
            session_id: session.id,
            kind: "refresh_reuse".to_owned(),
            at: epoch(session.rotated_at().unwrap()),
            ip: session.origin.ip.clone(),
            user_agent: session.origin.user_agent.clone(),
        })
        .collect();
    rows.sort();
    expected.sort();
    assert_eq!(rows, expected);
}

fn end_row(session_id: Uuid, end: &End) -> EndRow {
    let kind = match end.reason {
        Reason::Logout => "logout",
        Reason::Replaced => "session_revoked",
        Reason::Reuse => "refresh_reuse",
    };
    let at: Moment = end.at;
    let Origin { ip, user_agent } = end.by.clone();
    EndRow {
        session_id,
        kind: kind.to_owned(),
        at: epoch(at),
        ip,
        user_agent,
    }
}
