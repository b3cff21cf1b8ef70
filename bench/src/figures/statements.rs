//! What refreshes cost the database: statements, rows, rewritten index entries, write-ahead log.

use anyhow::{Result, ensure};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_types::BigInt};

use super::refresh::Chain;
use crate::{
    figure::{Figure, Spread, precise},
    load::Load,
    query::{Executed, flush_statistics, number},
    world::World,
};

const CONNECTIONS: u32 = 16;
/// Before anything is counted, so that the pool has all its connections and each its prepared statement.
const WARM_UP: u64 = 20;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let each = world.effort.counted_refreshes / u64::from(CONNECTIONS);
    let sessions = world.people(CONNECTIONS)?;
    let mut database = world.auth_database()?;
    flush_statistics(&mut world.stack.auth_servers[0], &mut database)?;
    let before = Tables::read(&mut database)?;

    world.stack.auth_servers[0].start()?;
    let mut chains = Load::new(world.auth_port(), sessions.into_iter().map(Chain::new))?;
    let warm_up = chains.run_times(WARM_UP)?.latencies.len();
    Executed::forget(&mut database)?;
    let log_before = log_position(&mut database)?;
    let refreshes = chains.run_times(each)?.latencies.len();
    let log_after = log_position(&mut database)?;
    let executed = Executed::read(&mut database, refreshes)?;

    flush_statistics(&mut world.stack.auth_servers[0], &mut database)?;
    let after = Tables::read(&mut database)?;
    world.stack.auth_servers[0].start()?;

    let updates = after.updates - before.updates;
    ensure!(
        updates >= i64::try_from(refreshes + warm_up)?,
        "{refreshes} refreshes, {updates} updates of sessions"
    );
    let heap_only = after.heap_only - before.heap_only;
    let per_refresh = |count: i64| precise(count) / precise(refreshes);
    Ok(vec![
        counted(
            "refresh-statements",
            "SQL statements per refresh, background work included",
            per_refresh(executed.all),
        )
        .at_most(2.0)
        .note(format!(
            "{} statements in {refreshes} refreshes; {:.3} per refresh are those that every refresh \
             executes, the rest is looking after keys and revocations.",
            executed.all,
            per_refresh(executed.by_every_request)
        )),
        counted(
            "refresh-rows",
            "rows that refreshes add, in all tables",
            precise(after.inserted - before.inserted),
        )
        .in_unit("rows")
        .at_most(0.0)
        .note(format!(
            "Inserted during {updates} refreshes, whatever was deleted."
        )),
        counted(
            "refresh-hot",
            "updates of sessions that touch no index (HOT)",
            precise(heap_only) / precise(updates),
        )
        .against("all updates of sessions")
        .at_least(1.0)
        .note(format!(
            "{heap_only} of {updates}; the indexes of `sessions` took {} bytes before and {} after.",
            before.index_bytes, after.index_bytes
        )),
        counted(
            "refresh-wal",
            "write-ahead log per refresh",
            per_refresh(log_after - log_before),
        )
        .in_unit("bytes")
        .note(
            "Without images of whole pages, which Postgres adds for the first change of a page after each \
             checkpoint.",
        ),
    ])
}

/// A figure that was counted once.
fn counted(id: &str, what: &str, value: f64) -> Figure {
    Figure::new(id, what, Spread::of(vec![value]))
}

/// The state of the auth server's tables.
#[derive(QueryableByName)]
struct Tables {
    /// Rows that were ever inserted into any of them.
    #[diesel(sql_type = BigInt)]
    inserted: i64,
    /// Updates of sessions, ever.
    #[diesel(sql_type = BigInt)]
    updates: i64,
    /// Those that left the indexes alone.
    #[diesel(sql_type = BigInt)]
    heap_only: i64,
    /// The size of the indexes of sessions.
    #[diesel(sql_type = BigInt)]
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
