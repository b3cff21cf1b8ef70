//! The role that the server runs as reads and writes rows of its own database, and no more.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use local_run::postgres::{Service, shared_test_server};

use crate::harness::Database;

fn refusal(connection: &mut PgConnection, statement: &str) -> Option<String> {
    let outcome = connection.batch_execute(statement);
    outcome.err().map(|error| error.to_string())
}

#[actix_web::test]
async fn the_service_role_cannot_change_the_schema() {
    let database = Database::new();
    let mut connection = PgConnection::establish(&database.service_url()).unwrap();
    for statement in [
        "create table t (x int)",
        "create temporary table t (x int)",
        "create schema s",
        "create function f() returns int language sql as 'select 1'",
        "create view v as select 1",
        "create index on users (email)",
        "create role r",
        "create database d",
        "alter table users add column x int",
        "alter table users disable trigger all",
        "alter table users drop constraint users_email_key",
        "alter table users owner to latchkey_auth",
        "drop table users",
        "truncate users",
        "insert into __diesel_schema_migrations (version) values ('29990101000000')",
        "delete from __diesel_schema_migrations",
        "update __diesel_schema_migrations set run_on = now()",
        "alter role latchkey_auth superuser",
        "alter role latchkey_auth_owner password 'x'",
        "set role latchkey_auth_owner",
        "set session authorization postgres",
        "copy users to program 'cat'",
        "copy users to '/tmp/users'",
        "select pg_read_file('/etc/passwd')",
        "select * from pg_authid",
    ] {
        let refused = refusal(&mut connection, statement);
        let reason = refused.unwrap_or_else(|| panic!("allowed: {statement}"));
        let expected = ["permission denied", "must be", "denied"];
        assert!(
            expected.iter().any(|words| reason.contains(words)),
            "{statement}: {reason}"
        );
    }
    assert_eq!(refusal(&mut connection, "select * from users"), None);
}

#[actix_web::test]
async fn no_role_of_one_service_connects_to_the_other_ones_database() {
    // The template makes sure of the roles and databases of both.
    let _database = Database::new();
    let server = shared_test_server().unwrap();
    for (service, other) in [
        (Service::Auth, Service::Notes),
        (Service::Notes, Service::Auth),
    ] {
        for url in [
            server.service_url(service, other.database()),
            server.owner_url(service, other.database()),
        ] {
            let reason = PgConnection::establish(&url)
                .map(drop)
                .unwrap_err()
                .to_string();
            assert!(
                reason.contains("permission denied for database"),
                "{reason}"
            );
        }
    }
}

#[actix_web::test]
async fn a_tests_database_is_as_closed_to_the_notes_api_as_the_real_one() {
    let database = Database::new();
    let name = database
        .service_url()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let url = shared_test_server()
        .unwrap()
        .service_url(Service::Notes, &name);
    let reason = PgConnection::establish(&url)
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(
        reason.contains("permission denied for database"),
        "{reason}"
    );
}
