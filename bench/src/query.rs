//! What Postgres itself says of its work.

use std::time::Duration;

use anyhow::{Context, Result};
use diesel::{
    PgConnection, QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Integer},
};
use local_run::{daemon::Daemon, postgres::Service, wait};

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
/// them told Postgres' statistics what they did to its tables.
pub(crate) fn flush_statistics(
    auth_server: &mut Daemon,
    database: &mut PgConnection,
) -> Result<()> {
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

/// Statements that the auth server executed since they were last forgotten.
#[derive(QueryableByName)]
pub(crate) struct Executed {
    #[diesel(sql_type = BigInt)]
    pub(crate) all: i64,
    /// Of those kinds that were executed about as often as there were requests, or more often.
    #[diesel(sql_type = BigInt)]
    pub(crate) by_every_request: i64,
}

impl Executed {
    /// Begins anew.
    pub(crate) fn forget(database: &mut PgConnection) -> Result<()> {
        diesel::sql_query("select pg_stat_statements_reset()").execute(database)?;
        Ok(())
    }

    /// Reads them, after so many requests.
    pub(crate) fn read(database: &mut PgConnection, requests: u64) -> Result<Self> {
        let query = format!(
            r#"select coalesce(sum(calls), 0)::bigint as "all",
                      coalesce(sum(calls) filter (where calls > {requests} / 2), 0)::bigint
                          as by_every_request
               from pg_stat_statements
               where dbid = (select oid from pg_database where datname = current_database())
                 and userid = '{}'::regrole"#,
            Service::Auth.role()
        );
        Ok(diesel::sql_query(query).get_result(database)?)
    }
}
