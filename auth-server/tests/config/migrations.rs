//! `migrate`, and the migrations themselves.

use std::time::Duration;

use auth_server::app::MIGRATIONS;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_types::BigInt,
};
use diesel_migrations::MigrationHarness;
use local_run::{
    postgres::{Service, TestDatabase},
    wait,
};

use crate::{Outcome, run, start};

fn not_migrated() -> TestDatabase {
    TestDatabase::new(Service::Auth, "not migrated", |_| Ok(())).unwrap()
}

fn migrate(url: &str) -> Outcome {
    run(&["migrate"], &[("AUTH_DATABASE_URL", url)])
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(database: &TestDatabase, from: &str) -> i64 {
    let mut connection = PgConnection::establish(&database.superuser_url()).unwrap();
    diesel::sql_query(format!("select count(*) as n from {from}"))
        .get_result::<Count>(&mut connection)
        .unwrap()
        .n
}

const TABLES: &str = "pg_tables where schemaname = 'public' and tablename not like '\\_\\_%'";

#[test]
fn migrating_twice_is_migrating_once() {
    let database = not_migrated();
    let first = migrate(&database.owner_url());
    assert!(first.success, "{}", first.stderr);
    assert!(first.stderr.contains("applied"), "{}", first.stderr);
    assert_eq!(count(&database, TABLES), 11);

    let second = migrate(&database.owner_url());
    assert!(second.success, "{}", second.stderr);
    assert!(!second.stderr.contains("applied"), "{}", second.stderr);
    assert!(second.stderr.contains("up to date"), "{}", second.stderr);
}

#[test]
fn of_several_that_migrate_at_once_one_does_the_work() {
    let database = not_migrated();
    let url = database.owner_url();
    let environment = [("AUTH_DATABASE_URL", url.as_str())];
    let running: Vec<_> = (0..4).map(|_| start(&["migrate"], &environment)).collect();
    let outcomes: Vec<Outcome> = running.into_iter().map(crate::Running::finish).collect();
    for outcome in &outcomes {
        assert!(outcome.success, "{}", outcome.stderr);
    }
    let working = outcomes
        .iter()
        .filter(|outcome| outcome.stderr.contains("applied"));
    assert_eq!(working.count(), 1);
    assert_eq!(count(&database, TABLES), 11);
}

/// Who waits for a lock lets nobody else have it meanwhile: a migration gives it up, again and again, before the
/// services lose their patience.
#[test]
fn whoever_reads_a_table_is_not_held_up_by_a_migration_that_waits_for_it() {
    let database = not_migrated();
    let url = database.owner_url();
    assert!(migrate(&url).success);
    let mut owner = PgConnection::establish(&url).unwrap();
    // Back to before one that changes the table of people.
    let changed =
        "pg_attribute where attrelid = 'users'::regclass and attname = 'is_administrator'";
    while count(&database, changed) == 1 {
        owner.revert_last_migration(MIGRATIONS).unwrap();
    }
    let mut long = PgConnection::establish(&url).unwrap();
    long.batch_execute("begin; select from users").unwrap();

    let migration = start(&["migrate"], &[("AUTH_DATABASE_URL", &url)]);
    let mut reader = PgConnection::establish(&url).unwrap();
    reader.batch_execute("set lock_timeout = '5s'").unwrap();
    for _ in 0..3 {
        let waiting = "pg_locks where relation = 'users'::regclass and not granted";
        wait::until("waiting", Duration::from_secs(20), || {
            Ok((count(&database, waiting) == 1).then_some(()))
        })
        .unwrap();
        reader.batch_execute("select from users").unwrap();
    }
    long.batch_execute("rollback").unwrap();
    let outcome = migration.finish();
    assert!(outcome.success, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("waits for others"),
        "{}",
        outcome.stderr
    );
    assert!(migrate(&url).stderr.contains("up to date"));
}

#[test]
fn the_role_of_the_service_cannot_migrate() {
    let database = not_migrated();
    let outcome = migrate(&database.service_url());
    assert!(!outcome.success);
    assert!(
        outcome.stderr.contains("permission denied"),
        "{}",
        outcome.stderr
    );
    assert_eq!(count(&database, TABLES), 0);
}

#[test]
fn a_database_that_is_away_is_reported_without_the_password() {
    let outcome = migrate("postgres://user:canary@127.0.0.1:1/none");
    assert!(!outcome.success);
    assert!(outcome.stderr.contains("127.0.0.1"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("canary"), "{}", outcome.stderr);
}

#[test]
fn a_database_url_that_cannot_be_read_is_reported_without_the_password() {
    for url in [
        "postgres://user:canary@[::1/db",
        "postgres://user:canary%zz@localhost/db",
        "postgres://user:canary@localhost:port/db",
        "postgres://user:canary@localhost/db?canary",
        "postgres://user:canary@localhost/db?nonsense=canary",
        "postgres://user:canary@",
    ] {
        let outcome = migrate(url);
        assert!(!outcome.success, "{url}");
        assert!(
            !outcome.stderr.contains("canary"),
            "{url}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn every_form_of_address_that_libpq_knows_is_read() {
    for url in [
        "postgres://127.0.0.1:1",
        "postgres://user@127.0.0.1:1/db",
        "postgresql://user:p%40%2Fss@127.0.0.1:1/db",
        "postgres://user:p@[::1]:1/db",
        "postgres://user:p@127.0.0.1:1,[::1]:2/db?connect_timeout=2&sslmode=disable",
        "postgres://user:p@%2Fnowhere/db",
        "postgres:///db?host=127.0.0.1&port=1",
        "postgres://user:p=:&+!$@127.0.0.1:1/db",
    ] {
        let outcome = migrate(url);
        assert!(!outcome.success, "{url}");
        assert!(
            outcome.stderr.contains("connect"),
            "{url}: {}",
            outcome.stderr
        );
        assert!(
            !outcome.stderr.contains("AUTH_DATABASE_URL"),
            "{url}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn every_migration_can_be_taken_back_and_applied_again() {
    let database = not_migrated();
    let mut connection = PgConnection::establish(&database.owner_url()).unwrap();
    for _ in 0..2 {
        connection.run_pending_migrations(MIGRATIONS).unwrap();
        assert_eq!(count(&database, TABLES), 11);
        connection.revert_all_migrations(MIGRATIONS).unwrap();
        assert_eq!(count(&database, TABLES), 0);
        let left_over = "pg_class join pg_namespace on pg_namespace.oid = relnamespace
            where nspname = 'public' and relname not like '\\_\\_diesel%'";
        assert_eq!(count(&database, left_over), 0);
    }
}

/// The roles are the same as before: a release that is taken back finds its rights again.
#[test]
fn taking_back_append_only_events_gives_back_the_rights() {
    const DOWN: &str = include_str!(
        "../../../migrations/auth-server/2026-11-21-000009_append_only_events/down.sql"
    );
    let database = not_migrated();
    assert!(migrate(&database.owner_url()).success);
    let unlike_users = "pg_class as events, pg_class as users
        where events.oid = 'security_events'::regclass and users.oid = 'users'::regclass
          and not (events.relacl @> users.relacl and users.relacl @> events.relacl)";
    assert_eq!(count(&database, unlike_users), 1);
    PgConnection::establish(&database.owner_url())
        .unwrap()
        .batch_execute(DOWN)
        .unwrap();
    assert_eq!(count(&database, unlike_users), 0);
}

#[test]
fn every_table_is_documented_in_sql() {
    let database = not_migrated();
    assert!(migrate(&database.owner_url()).success);
    let silent = format!("{TABLES} and obj_description(format('%I', tablename)::regclass) is null");
    assert_eq!(count(&database, &silent), 0);
}
