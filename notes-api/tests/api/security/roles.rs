//! R62: the service's database role changes no schema, and does not get into the auth database.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use diesel_migrations::MigrationHarness;
use local_run::postgres::Service;
use notes_api::schema::MIGRATIONS;

use crate::harness::TestService;

#[actix_web::test]
async fn the_role_changes_no_schema() {
    let service = TestService::start();
    let mut connection = PgConnection::establish(&service.database().service_url()).unwrap();
    for statement in [
        "drop table notes",
        "alter table notes drop constraint notes_owner_length",
        "truncate notes",
        "insert into __diesel_schema_migrations (version) values ('29990101000000')",
        "delete from __diesel_schema_migrations",
        "create table other (id int)",
        "create function f() returns int language sql as 'select 1'",
    ] {
        let error = connection.batch_execute(statement).unwrap_err().to_string();
        assert!(
            error.contains("permission denied") || error.contains("must be owner"),
            "{statement}: {error}"
        );
    }
}

#[actix_web::test]
async fn the_role_does_not_get_into_the_auth_database() {
    let service = TestService::start();
    let own = service.database().service_url();
    let (server, _) = own.rsplit_once('/').unwrap();
    let auth = format!("{server}/{}", Service::Auth.database());
    let error = PgConnection::establish(&auth).err().unwrap().to_string();
    assert!(error.contains("permission denied for database"), "{error}");
}

/// The constraints say the same as the code, should ever something else write notes.
#[actix_web::test]
async fn the_table_keeps_the_bounds_too() {
    let service = TestService::start();
    let mut connection = PgConnection::establish(&service.database().service_url()).unwrap();
    for (values, constraint) in [
        ("'', 'a', '', 1", "notes_owner_length"),
        ("repeat('a', 256), 'a', '', 1", "notes_owner_length"),
        ("'ada', '', '', 1", "notes_title_length"),
        ("'ada', repeat('🦀', 201), '', 1", "notes_title_length"),
        ("'ada', 'a', repeat('🦀', 100001), 1", "notes_body_length"),
        ("'ada', 'a', '', 0", "notes_version_positive"),
    ] {
        let statement = format!(
            "insert into notes (id, owner, title, body, version)
             values (gen_random_uuid(), {values})"
        );
        let error = connection
            .batch_execute(&statement)
            .unwrap_err()
            .to_string();
        assert!(error.contains(constraint), "{error}");
    }
}

/// One key of one person's stands for one note; no key stands for none.
#[actix_web::test]
async fn the_table_keeps_keys_unique_too() {
    let service = TestService::start();
    let mut connection = PgConnection::establish(&service.database().service_url()).unwrap();
    let mut insert = |owner: &str, key: &str| {
        connection.batch_execute(&format!(
            "insert into notes (id, owner, title, body, idempotency_key)
             values (gen_random_uuid(), '{owner}', 'a', '', {key})"
        ))
    };
    let key = "'8e03978e-40d5-43e8-bc93-6894a57f9324'";
    for (owner, key) in [("ada", key), ("bob", key), ("ada", "null"), ("ada", "null")] {
        insert(owner, key).unwrap();
    }
    let error = insert("ada", key).unwrap_err().to_string();
    assert!(error.contains("notes_owner_idempotency_key"), "{error}");
}

/// Down and up again, as the owner.
#[actix_web::test]
async fn migrations_go_back_and_forth() {
    let service = TestService::start();
    service.create("Shopping", "").await;
    let mut owner = PgConnection::establish(&service.database().owner_url()).unwrap();
    owner.revert_all_migrations(MIGRATIONS).unwrap();
    assert_eq!(
        service
            .database()
            .rows("select from pg_class where relname = 'notes'")
            .len(),
        0
    );
    owner.run_pending_migrations(MIGRATIONS).unwrap();
    service.create("Shopping", "").await;
}

/// Going back to the schema of the release before costs what only this one knows, and no note.
#[actix_web::test]
async fn a_migration_that_is_taken_back_costs_no_note() {
    let service = TestService::start();
    service.create("Shopping", "Milk").await;
    let notes = service.database().notes();
    let mut owner = PgConnection::establish(&service.database().owner_url()).unwrap();
    owner.revert_last_migration(MIGRATIONS).unwrap();
    assert_eq!(service.database().notes(), notes);
    owner.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(service.database().notes(), notes);
}
