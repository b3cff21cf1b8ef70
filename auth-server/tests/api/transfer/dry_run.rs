//! A dry run says what a real one would, and changes nothing.

use serde_json::{Value, json};

use super::{Files, people, person, report, users};
use crate::harness::{Database, TestServer};

/// Everyone's names three batches apart, some of them again, some registered, some made.
fn intricate() -> Vec<Value> {
    let mut lines: Vec<Value> = people(5_000).collect();
    lines.push(person("person-1"));
    lines.push(json!({"email": "person-2@example.com", "password_hash": super::HASH}));
    lines.push(json!({"email": "person-2@example.net", "password_hash": super::HASH}));
    lines.push(json!({"email": "ada@example.com", "password_hash": super::HASH}));
    lines.push(json!({"email": "new@example.com", "password_hash": super::HASH}));
    lines.push(person("ada"));
    lines.push(person("new"));
    lines.push(json!({}));
    lines
}

#[actix_web::test]
async fn a_dry_run_says_what_a_real_one_would_and_changes_nothing() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let database = &server.database;
    let files = Files::new();
    let path = files.write_lines("people.jsonl", intricate());
    let everything = || {
        [
            "users",
            "user_imports",
            "user_import_rehearsals",
            "security_events",
        ]
        .map(|table| database.rows(&format!("select t::text from {table} as t order by 1")))
    };
    let before = everything();

    let mut told = Vec::new();
    for _ in 0..2 {
        let dry = users(database, &["import", "--dry-run", "--json", &path]);
        told.push(dry.json(5));
        assert_eq!(everything(), before);
    }
    let mut real = users(database, &["import", "--json", &path]).json(5);
    assert_eq!(real["imported"], 5_004);
    assert_eq!(
        real["refused_by_reason"],
        json!({"email_taken": 2, "email_missing": 1, "username_taken": 1})
    );
    assert_eq!(
        (&real["usernames_made"], &real["usernames_suffixed"]),
        (&json!(4), &json!(3))
    );
    assert_eq!(real["dry_run"], false);
    real["dry_run"] = json!(true);
    assert_eq!(told, [real.clone(), real]);
    let reports = ["dry-run", "refused"].map(|kind| report(&format!("{path}.{kind}.jsonl")));
    assert_eq!(reports[0], reports[1]);

    let said = users(database, &["import", "--dry-run", "--again", &path]).with(5);
    assert!(
        said.contains("would be imported: 0, lines refused: 5008"),
        "{said}"
    );
    let said = users(database, &["import", "--dry-run", &path]).with(5);
    assert!(said.contains("was imported before"), "{said}");
}

#[test]
fn the_same_file_makes_the_same_usernames() {
    let files = Files::new();
    let path = files.write_lines("people.jsonl", intricate());
    let names = [Database::new(), Database::new()].map(|database| {
        users(&database, &["import", &path]).with(5);
        database.rows("select email, username from users order by email")
    });
    assert_eq!(names[0], names[1]);
}

/// A dry run holds no name that a person may want to register.
#[actix_web::test]
async fn nobody_who_registers_waits_for_a_dry_run() {
    let server = TestServer::start().await;
    let files = Files::new();
    let path = files.write_lines("people.jsonl", people(3_000));
    // The second batch is held up, with the names of the first one written.
    let held = server.database.hold(
        "insert into user_import_rehearsals
         values (gen_random_uuid(), 'person-2500', 'person-2500@example.org')",
    );
    let mut dry_run = super::command(&server.database, &["import", "--dry-run", &path])
        .spawn()
        .unwrap();
    server.database.waiter().await;
    server.register("person-7").await;
    drop(held);
    assert_eq!(dry_run.wait().unwrap().code(), Some(0));
    assert_eq!(server.database.count("users"), 1);
}
