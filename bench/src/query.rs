//! What Postgres itself says of its work.

use std::time::Duration;

use anyhow::{Context, Result};
use diesel::{
    PgConnection, QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Integer},
};
use local_run::{daemon::Daemon, wait};

const DISCONNECTED: Duration = Duration::from_secs(30);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The result of a query that gives one row with the `bigint` column `number`.
pub(crate) fn number(connection: &mut PgConnection, query: &str) -> Result<i64> {
    let row: Row = diesel::sql_query(query)
        .get_result(connection)
        .with_context(|| format!("cannot ask: {query}"))?;
    Ok(row.number)
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// The processes of Postgres that serve this database now.
pub(crate) fn backends(connection: &mut PgConnection) -> Result<Vec<u32>> {
    let query = "select pid from pg_stat_activity where datname = current_database()";
    let backends: Vec<Backend> = diesel::sql_query(query).load(connection)?;
    let processes = backends.into_iter().map(|backend| backend.pid.try_into());
    Ok(processes.collect::<Result<_, _>>()?)
}

/// Kills the auth server and waits until its connections to the database are gone: only then have all of
/// them reported what they did to its tables.
pub(crate) fn kill(auth_server: &mut Daemon, database: &mut PgConnection) -> Result<()> {
    auth_server.kill();
    wait::until("disconnecting an auth server", DISCONNECTED, || {
        let connected = number(
            database,
            "select count(*) as number from pg_stat_activity
             where datname = current_database() and application_name = 'auth-server'",
        )?;
        Ok((connected == 0).then_some(()))
    })
}
