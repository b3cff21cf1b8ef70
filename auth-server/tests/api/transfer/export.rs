//! What is written down can be read again, by us and by whoever has the pepper, and holds no secret unasked.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio, sync::Arc};

use serde_json::{Value, json};

use super::{Files, HASH, command, end, person, report, users};
use crate::harness::{Database, MASTER_KEY, OTHER_MASTER_KEY, PASSWORD, TestServer};

/// Someone of each kind, by registration and by import.
async fn populated() -> (TestServer, Files) {
    let server = TestServer::start().await;
    let files = Files::new();
    let ada = json!({"username": "ada", "email": "ada@example.org", "password": PASSWORD,
        "full_name": "=Ada, \"King\" of\u{a0}Noël"});
    assert_eq!(server.post("/auth/register", &ada).await.status, 201);
    let mut old = person("old");
    old["disabled"] = json!(true);
    old["created_at"] = json!("2001-02-03T04:05:06.789012Z");
    let mut django = person("django");
    django["password_hash"] =
        json!("bcrypt_sha256$$2b$05$QPaJUu2OzdYtLRwrZJJxQe1yoEiJ95zBwnUAB322bnEThHcZ8mNDG");
    let none = json!({"username": "none", "email": "none@example.org"});
    let path = files.write_lines("people.jsonl", [old, django, none]);
    users(&server.database, &["import", "--allow-no-password", &path]).with(0);
    (server, files)
}

fn everyone(database: &Database, columns: &str) -> Vec<Value> {
    database.rows(&format!("select {columns} from users order by id"))
}

const ALL: &str =
    "id, username, email, full_name, created_at, disabled_at is null as enabled, password_hash";

#[actix_web::test]
async fn what_is_exported_can_be_imported_where_the_pepper_is_known() {
    let (server, files) = populated().await;
    for name in ["people.csv", "everyone.jsonl"] {
        let path = files.path(&format!("exported-{name}"));
        let said = users(
            &server.database,
            &["export", "--with-password-hashes", "-o", &path],
        )
        .with(0);
        assert!(said.starts_with("4 people are in "), "{said}");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        // The same pepper under another number, as whoever carries it over may have it.
        let database = Arc::new(Database::without_keys());
        let pepper = server
            .database
            .row("select encode(sealed_secret, 'hex') as secret, encode(master_key_id, 'hex') as key from peppers");
        database.execute(&format!(
            "insert into peppers (id, sealed_secret, master_key_id) values (1, '\\x{}', '\\x{}')",
            pepper["secret"].as_str().unwrap(),
            pepper["key"].as_str().unwrap()
        ));
        users(&database, &["import", "--allow-no-password", &path]).with(0);
        assert_eq!(everyone(&database, ALL), everyone(&server.database, ALL));
        let again = files.path(&format!("again-{name}"));
        users(
            &database,
            &["export", "--with-password-hashes", "-o", &again],
        )
        .with(0);
        assert_eq!(fs::read(&again).unwrap(), fs::read(&path).unwrap());
    }
    // And back to where it came from.
    let server = {
        let database = Arc::clone(&server.database);
        server.stop().await;
        database.execute("delete from users");
        let path = files.path("exported-people.csv");
        users(&database, &["import", "--allow-no-password", &path]).with(0);
        TestServer::start_on(&database, &[]).await
    };
    for name in ["ada", "django"] {
        server.try_log_in(name, PASSWORD).await.ok();
    }
    server
        .try_log_in("old", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn hashes_of_another_installation_are_refused_by_name() {
    let (server, files) = populated().await;
    let path = files.path("exported.jsonl");
    let export = ["export", "--with-password-hashes", "-o", &path];
    users(&server.database, &export).with(0);
    // It has a pepper of the same number.
    let elsewhere = Database::new();
    elsewhere.execute("update peppers set id = 2");
    let mut other = command(
        &elsewhere,
        &["import", "--allow-no-password", "--json", &path],
    );
    other.env_remove("AUTH_MASTER_KEYS");
    let told = end(other).json(5);
    assert_eq!(told["imported"], 3);
    assert_eq!(told["refused_by_reason"], json!({"hash_pepper_unknown": 1}));
    assert_eq!(
        report(&format!("{path}.refused.jsonl")),
        [(1, "hash_pepper_unknown".to_owned())]
    );
    // Peppers that cannot be opened are no reason to go on without them.
    let mut wrong = command(&elsewhere, &["import", "--again", &path]);
    wrong.env("AUTH_MASTER_KEYS", OTHER_MASTER_KEY);
    let complaint = end(wrong).complained();
    assert!(complaint.contains("pepper 2"), "{complaint}");
    assert!(!complaint.contains(OTHER_MASTER_KEY));
}

/// Elsewhere it would be a lasting one, however long ago its time was over.
#[actix_web::test]
async fn a_temporary_password_does_not_travel() {
    let (server, files) = populated().await;
    server
        .database
        .execute("update users set password_expires_at = now() - interval '1 day'");
    let path = files.path("exported.jsonl");
    let export = ["export", "--with-password-hashes", "-o", &path];
    users(&server.database, &export).with(0);
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written.lines().count(), 4);
    assert!(!written.contains("password_hash"), "{written}");
}

#[actix_web::test]
async fn no_secret_is_written_down_unasked() {
    let (server, files) = populated().await;
    let csv = files.path("people.csv");
    let mut without_keys = command(&server.database, &["export", "--output", &csv]);
    without_keys.env_remove("AUTH_MASTER_KEYS");
    end(without_keys).with(0);
    let text = fs::read_to_string(&csv).unwrap();
    assert!(text.starts_with("id,username,email,full_name,created_at,disabled\n"));
    assert!(
        text.contains(",\"=Ada, \"\"King\"\" of\u{a0}Noël\","),
        "{text}"
    );
    assert!(
        text.contains(",old,old@example.org,,2001-02-03T04:05:06.789012Z,true\n"),
        "{text}"
    );

    let exported = users(&server.database, &["export"]);
    assert!(
        exported.stderr.contains("4 people are written down"),
        "{exported:?}"
    );
    let lines = exported.with(0);
    assert_eq!(lines.lines().count(), 4);
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let members: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "created_at",
            "disabled",
            "email",
            "full_name",
            "id",
            "username"
        ]
    );
    for text in [text, lines] {
        for secret in ["$2", "lk1", "bcrypt", "pepper"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    let events = server.database.rows(
        "select kind, details from security_events where kind like 'users_export%' order by id",
    );
    let begun = json!({"kind": "users_export_begun",
        "details": {"by": "command line", "with_password_hashes": false}});
    let exported = json!({"kind": "users_exported",
        "details": {"by": "command line", "with_password_hashes": false, "people": 4}});
    assert_eq!(events, [begun.clone(), exported.clone(), begun, exported]);
}

#[actix_web::test]
async fn hashes_tell_nothing_of_the_pepper() {
    let (server, _files) = populated().await;
    let said = users(&server.database, &["export", "--with-password-hashes"]).with(0);
    let ada: Value = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .find(|person: &Value| person["username"] == "ada")
        .unwrap();
    assert_eq!(ada["pepper"].as_str().unwrap().len(), 22);
    assert!(
        ada["password_hash"]
            .as_str()
            .unwrap()
            .starts_with("lk1.1$2b$10$")
    );
    assert!(said.contains(&format!("\"password_hash\":\"{HASH}\"")));
    let none = said.lines().find(|line| line.contains("none@")).unwrap();
    assert!(!none.contains("password_hash"), "{none}");
    assert!(!said.contains(MASTER_KEY));
}

#[actix_web::test]
async fn no_file_is_overwritten_and_none_is_left_half_written() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write("people.csv", "precious");
    let complaint = users(&database, &["export", "-o", &path]).complained();
    assert!(complaint.contains("exists"), "{complaint}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

    database.execute("revoke select on users from latchkey_auth");
    let path = files.path("new.csv");
    users(&database, &["export", "-o", &path]).complained();
    assert_eq!(files.names(), ["people.csv"]);

    let mut without_keys = command(
        &database,
        &["export", "--with-password-hashes", "-o", &path],
    );
    without_keys.env_remove("AUTH_MASTER_KEYS");
    let complaint = end(without_keys).complained();
    assert!(complaint.contains("AUTH_MASTER_KEYS"), "{complaint}");
    assert_eq!(files.names(), ["people.csv"]);
}

#[actix_web::test]
async fn why_an_export_failed_is_said_though_its_file_cannot_be_removed() {
    let database = Database::new();
    let files = Files::new();
    let path = files.path("people.csv");
    let held = database.hold(
        "lock table users in access exclusive mode; revoke select on users from latchkey_auth",
    );
    let mut export = command(&database, &["export", "-o", &path]);
    let export = export.stderr(Stdio::piped()).spawn().unwrap();
    database.waiter().await;
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    held.commit();
    let output = export.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains("permission denied for table users"),
        "{complaint}"
    );
    let left = format!("{path}, which does not hold everyone, could not be removed: ");
    assert!(complaint.contains(&left), "{complaint}");
}
