//! What the auth server has written, and what a superuser does to its database behind its back.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Double, Nullable, Text, Uuid as SqlUuid};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use local_run::postgres::{Server, Service};
use uuid::Uuid;

/// The auth server's database, as a superuser sees it.
pub struct AuthDatabase {
    server: Server,
}

/// What a session's row says.
#[derive(Debug, PartialEq, Eq, QueryableByName)]
pub struct SessionRow {
    #[diesel(sql_type = BigInt)]
    /// The number of rotations.
    pub generation: i64,
    #[diesel(sql_type = Nullable<Text>)]
    /// Why the session was ended before its time, if it was.
    pub revoke_reason: Option<String>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl AuthDatabase {
    /// The database of the auth servers on this Postgres.
    pub fn of(server: &Server) -> Self {
        Self {
            server: server.clone(),
        }
    }

    /// The session with this public id.
    pub fn session(&self, id: Uuid) -> SessionRow {
        sql_query("select generation, revoke_reason from sessions where id = $1")
            .bind::<SqlUuid, _>(id)
            .get_result(&mut self.connect())
            .unwrap()
    }

    /// Waits until the grace window after the session's last rotation is over, by the database's
    /// clock, which the auth servers go by.
    pub fn wait_for_the_end_of_the_window(&self, session: Uuid, grace: Duration) {
        sql_query(
            "select pg_sleep(greatest(0, extract(epoch from
                 rotated_at + $2 * interval '1 second' - clock_timestamp())))
             from sessions where id = $1",
        )
        .bind::<SqlUuid, _>(session)
        .bind::<Double, _>(grace.as_secs_f64())
        .execute(&mut self.connect())
        .unwrap();
    }

    /// How many security events of this kind there are.
    pub fn events(&self, kind: &str) -> i64 {
        let row: Number =
            sql_query("select count(*) as number from security_events where kind = $1")
                .bind::<Text, _>(kind)
                .get_result(&mut self.connect())
                .unwrap();
        row.number
    }

    /// How many connections to this database the role has open.
    pub fn connections_of(&self, role: &str) -> i64 {
        let row: Number = sql_query(
            "select count(*) as number from pg_stat_activity
             where datname = current_database() and usename = $1",
        )
        .bind::<Text, _>(role)
        .get_result(&mut self.connect())
        .unwrap();
        row.number
    }

    /// Ends all connections and lets nobody in any more.
    pub fn close_for_everyone(&self) {
        let mut elsewhere = self.server.connect().unwrap();
        elsewhere
            .batch_execute(
                "alter database latchkey_auth allow_connections false;
                 select pg_terminate_backend(pid) from pg_stat_activity where datname = 'latchkey_auth'",
            )
            .unwrap();
    }

    fn connect(&self) -> PgConnection {
        let url = self.server.superuser_url(Service::Auth.database());
        PgConnection::establish(&url).unwrap()
    }
}
