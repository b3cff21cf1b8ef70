//! What refreshes cost the database: statements, rows, rewritten index entries, write-ahead log.

use anyhow::{Result, ensure};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_types};

use super::refresh::Chain;
use crate::{
    figure::{Bar, Figure, Spread},
    load::Load,
    query::{Executed, kill, number, precise},
    world::World,
};

const CONNECTIONS: u32 = 16;
/// Before anything is counted, so that the pool has all its connections and each its prepared statement.
const WARM_UP: u64 = 20;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let each = world.effort.counted_refreshes / u64::from(CONNECTIONS);
    let sessions = world.people(CONNECTIONS)?;
    let mut database = world.auth_database()?;
    kill(&mut world.stack.auth_servers[0], &mut database)?;
    let before = Tables::read(&mut database)?;

    world.stack.auth_servers[0].start()?;
    let mut chains = Load::new(world.auth_port(), sessions.into_iter().map(Chain::new))?;
    let warm_up = chains.run_times(WARM_UP)?.latencies.len();
    Executed::forget(&mut database)?;
    let log_before = log_position(&mut database)?;
    let refreshes = chains.run_times(each)?.latencies.len();
    let log_after = log_position(&mut database)?;
    let executed = Executed::read(&mut database, refreshes)?;

    kill(&mut world.stack.auth_servers[0], &mut database)?;
    let after = Tables::read(&mut database)?;
    world.stack.auth_servers[0].start()?;

    let updates = after.updates - before.updates;
    ensure!(
        updates >= i64::try_from(refreshes + warm_up)?,
        "{refreshes} refreshes, {updates} updates of sessions"
    );
    let (refreshes, updates) = (precise(refreshes.try_into()?), precise(updates));
    let heap_only = precise(after.heap_only - before.heap_only);
    Ok(vec![
        Figure {
            id: "refresh-statements".to_owned(),
            what: "SQL statements per refresh, background work included".to_owned(),
            value: Spread::of(vec![precise(executed.all) / refreshes]),
            bar: Bar::AtMost(2.0),
            notes: vec![format!(
                "{} statements in {refreshes} refreshes; {:.3} per refresh are those that every \
                 refresh executes, the rest is looking after keys and revocations.",
                executed.all,
                precise(executed.by_every_request) / refreshes
            )],
            ..counted()
        },
        Figure {
            id: "refresh-rows".to_owned(),
            what: "rows that refreshes add, in all tables".to_owned(),
            value: Spread::of(vec![precise(after.inserted - before.inserted)]),
            unit: "rows".to_owned(),
            bar: Bar::AtMost(0.0),
            notes: vec![format!(
                "Inserted during {updates} refreshes, whatever was deleted."
            )],
            ..counted()
        },
        Figure {
            id: "refresh-hot".to_owned(),
            what: "updates of sessions that touch no index (HOT)".to_owned(),
            against: "all updates of sessions".to_owned(),
            value: Spread::of(vec![heap_only / updates]),
            bar: Bar::AtLeast(1.0),
            notes: vec![format!(
                "{heap_only} of {updates}; the indexes of `sessions` took {} bytes before and {} after.",
                before.index_bytes, after.index_bytes
            )],
            ..counted()
        },
        Figure {
            id: "refresh-wal".to_owned(),
            what: "write-ahead log per refresh".to_owned(),
            value: Spread::of(vec![precise(log_after - log_before) / refreshes]),
            unit: "bytes".to_owned(),
            notes: vec![
                "Without images of whole pages, which Postgres adds for the first change of a page \
                 after each checkpoint."
                    .to_owned(),
            ],
            ..counted()
        },
    ])
}

/// What all of them have in common.
fn counted() -> Figure {
    Figure {
        id: String::new(),
        what: String::new(),
        against: String::new(),
        value: Spread::of(Vec::new()),
        unit: String::new(),
        bar: Bar::Told,
        notes: Vec::new(),
        plots: Vec::new(),
    }
}

/// The state of the auth server's tables.
#[derive(QueryableByName)]
struct Tables {
    /// Rows that were ever inserted into any of them.
    #[diesel(sql_type = sql_types::BigInt)]
    inserted: i64,
    /// Updates of sessions, ever.
    #[diesel(sql_type = sql_types::BigInt)]
    updates: i64,
    /// Those that left the indexes alone.
    #[diesel(sql_type = sql_types::BigInt)]
    heap_only: i64,
    /// The size of the indexes of sessions.
    #[diesel(sql_type = sql_types::BigInt)]
    index_bytes: i64,
}

impl Tables {
    fn read(database: &mut PgConnection) -> Result<Self> {
        let query = "
            select (select sum(n_tup_ins)::bigint from pg_stat_user_tables) as inserted,
                   pg_stat_get_tuples_updated('sessions'::regclass) as updates,
                   pg_stat_get_tuples_hot_updated('sessions'::regclass) as heap_only,
                   pg_indexes_size('sessions') as index_bytes";
        Ok(diesel::sql_query(query).get_result(database)?)
    }
}

/// How many bytes of write-ahead log there have been.
fn log_position(database: &mut PgConnection) -> Result<i64> {
    number(
        database,
        "select (pg_current_wal_insert_lsn() - '0/0')::bigint as number",
    )
}
