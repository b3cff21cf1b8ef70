//! Which lines are refused, and that nothing of them is told but their number and the reason.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
};

use serde_json::{Value, json};

use super::{Files, HASH, command, end, person, report, users};
use crate::harness::{Database, TestServer, run};

/// Someone with one thing about them changed; null takes it away.
fn odd(name: &str, member: &str, value: Value) -> Value {
    let mut line = person(name);
    line[member] = value;
    line
}

/// Lines, and for which reason each is refused; those without are in.
fn cases() -> Vec<(Value, &'static str)> {
    let mut cases = taken_names();
    cases.extend(unreadable_members());
    cases.extend(hashes());
    cases.push((person("fifth"), ""));
    cases
}

fn taken_names() -> Vec<(Value, &'static str)> {
    let id = "6f1d5a3e-8c1b-4d2f-9a7e-0123456789ab";
    vec![
        (odd("first", "id", json!(id)), ""),
        (odd("second", "id", json!(id.to_uppercase())), "id_taken"),
        (
            odd("third", "email", json!("FIRST@example.org")),
            "email_taken",
        ),
        (odd("fourth", "username", json!("First")), "username_taken"),
        // None of those took a name away.
        (person("third"), ""),
    ]
}

fn unreadable_members() -> Vec<(Value, &'static str)> {
    vec![
        (
            odd("a", "email", json!("a@example.org")),
            "username_invalid",
        ),
        (
            odd("ünal", "email", json!("u@example.org")),
            "username_invalid",
        ),
        (odd("fifth", "username", json!(5)), "not_text"),
        (odd("fifth", "email", Value::Null), "email_missing"),
        (odd("fifth", "email", json!("")), "email_missing"),
        (
            odd("fifth", "email", json!("fifth@localhost")),
            "email_invalid",
        ),
        (odd("fifth", "email", json!({})), "not_text"),
        (
            odd("fifth", "full_name", json!("Fif\tth")),
            "full_name_invalid",
        ),
        (
            odd("fifth", "full_name", json!("x".repeat(201))),
            "full_name_invalid",
        ),
        (
            odd("fifth", "created_at", json!("some day")),
            "created_at_invalid",
        ),
        (
            odd("fifth", "created_at", json!("2999-01-01T00:00:00Z")),
            "created_at_invalid",
        ),
        (
            odd("fifth", "disabled", json!("perhaps")),
            "disabled_invalid",
        ),
        (odd("fifth", "is_active", json!(2)), "disabled_invalid"),
        (
            odd("fifth", "banned_until", json!("later")),
            "disabled_invalid",
        ),
        (
            odd(
                "fifth",
                "deletedAt",
                json!({"$date": "2023-01-01T00:00:00Z"}),
            ),
            "deleted",
        ),
        (odd("fifth", "deleted", json!(true)), "deleted"),
    ]
}

fn hashes() -> Vec<(Value, &'static str)> {
    vec![
        (
            odd("fifth", "password_hash", Value::Null),
            "password_missing",
        ),
        (
            odd("fifth", "password_hash", json!("!")),
            "password_unusable",
        ),
        (
            odd("fifth", "password_hash", json!("canary in the clear")),
            "hash_unknown",
        ),
        (
            odd("fifth", "password_hash", json!(&HASH[..59])),
            "hash_broken",
        ),
        (
            odd(
                "fifth",
                "password_hash",
                json!(HASH.replace("$05$", "$13$")),
            ),
            "hash_cost_too_high",
        ),
        (
            odd(
                "fifth",
                "password_hash",
                json!(HASH.replace("$2b$", "$2x$")),
            ),
            "hash_bcrypt_2x",
        ),
        (
            odd("fifth", "password_hash", json!("$argon2id$v=19$m=1$x$y")),
            "hash_argon2",
        ),
        (
            odd("fifth", "password_hash", json!(format!("lk1.1{HASH}"))),
            "hash_pepper_unknown",
        ),
    ]
}

#[test]
fn each_line_is_refused_for_its_reason_and_the_others_are_in() {
    let cases = cases();
    let database = Database::new();
    let files = Files::new();
    let lines = cases.iter().map(|(line, _)| line.clone());
    let path = files.write_lines("people.jsonl", lines);
    let ended = users(&database, &["import", &path]);
    let expected: Vec<(u64, String)> = (1..)
        .zip(&cases)
        .filter(|(_, (_, code))| !code.is_empty())
        .map(|(line, (_, code))| (line, (*code).to_owned()))
        .collect();
    let report_path = format!("{path}.refused.jsonl");
    assert_eq!(report(&report_path), expected);
    let mode = fs::metadata(&report_path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let told = fs::read_to_string(&report_path).unwrap() + &ended.stdout + &ended.stderr;
    for secret in [
        "$05$", "$13$", "canary", "@", "first", "fifth", "perhaps", "argon2id",
    ] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    let said = ended.with(5);
    assert!(
        said.starts_with("People imported: 3, lines refused: 27, in "),
        "{said}"
    );
    assert!(said.contains("\n           2  full_name_invalid"), "{said}");
    assert!(said.contains(&report_path), "{said}");
    let in_database = database.rows("select username from users order by username");
    let names = ["fifth", "first", "third"].map(|name| json!({"username": name}));
    assert_eq!(in_database, names);
}

#[actix_web::test]
async fn nobody_who_is_registered_is_touched() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let before = server.database.rows("select * from users");
    let files = Files::new();
    let path = files.write_lines(
        "people.jsonl",
        [
            odd("impostor", "id", ada["user"]["id"].clone()),
            odd("impostor", "email", json!("ada@example.org")),
            odd("ada", "email", json!("impostor@example.org")),
        ],
    );
    let told = users(&server.database, &["import", "--json", &path]).json(5);
    assert_eq!(
        told["refused_by_reason"],
        json!({"id_taken": 1, "email_taken": 1, "username_taken": 1})
    );
    assert_eq!(server.database.rows("select * from users"), before);
    assert_eq!(server.me(&ada).await.status, 200);
}

/// R31: a hash that takes longer than the servers' own would tell that there is such a person.
#[test]
fn the_cost_that_is_taken_is_that_of_the_servers() {
    let database = Database::new();
    let files = Files::new();
    let line = odd("ada", "password_hash", json!(HASH.replace("$05$", "$13$")));
    let path = files.write_lines("people.jsonl", [line]);
    let told = users(&database, &["import", "--json", &path]).json(5);
    assert_eq!(told["refused_by_reason"], json!({"hash_cost_too_high": 1}));
    let arguments = ["import", "--again", "--bcrypt-cost", "13", &path];
    users(&database, &arguments).with(0);
}

#[test]
fn members_of_any_number_and_name_are_counted_within_bounds() {
    let database = Database::new();
    let files = Files::new();
    let mut line = person("ada");
    for number in 0..200 {
        line[format!("key-{number:03}")] = json!(number);
    }
    line["\u{1b}[2J"] = json!("clears the screen");
    let path = files.write_lines("people.jsonl", [line]);
    let told = users(&database, &["import", "--json", &path]).json(0);
    assert_eq!(told["ignored_members"].as_object().unwrap().len(), 100);
    assert_eq!(told["ignored_otherwise"], 101);
}

#[test]
fn a_report_overwrites_nothing_else() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write_lines("people.jsonl", [person("ada")]);
    for precious in [&path, &files.write("precious.txt", "precious")] {
        let before = fs::read(precious).unwrap();
        let ended = users(&database, &["import", "--report", precious, &path]);
        let complaint = ended.complained();
        assert!(complaint.contains("is no report"), "{complaint}");
        assert_eq!(&fs::read(precious).unwrap(), &before);
    }
    assert_eq!(database.count("users"), 0);
    assert_eq!(database.count("user_imports"), 0);
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_changes() {
    let database = Database::new();
    let files = Files::new();
    let nameless = files.write("people", "");
    for (arguments, words) in [
        (
            &["import", "/nowhere/people.jsonl"][..],
            "/nowhere/people.jsonl",
        ),
        (&["import", &nameless], "--format"),
    ] {
        let complaint = users(&database, arguments).complained();
        assert!(complaint.contains(words), "{complaint}");
    }
    let usage = users(&database, &["import", "--format", "csv", "-"]);
    assert_eq!(usage.code, Some(2));
    assert!(usage.stderr.contains("--report"), "{}", usage.stderr);
    assert_eq!(database.events(), [""; 0]);
    let help = run(&database, &["users", "import", "--help"]).said();
    for words in ["Exit status:", "--dry-run", "docs/import.md", "Examples:"] {
        assert!(help.contains(words), "{words}: {help}");
    }
}

#[test]
fn a_file_may_have_a_name_that_is_not_utf_8() {
    let database = Database::new();
    let files = Files::new();
    let name = OsStr::from_bytes(b"people-\xff.jsonl");
    let path = Path::new(&files.path("")).join(name);
    fs::write(&path, person("a").to_string()).unwrap();
    let mut import = command(&database, &["import", "--json"]);
    import.arg(&path);
    let said = end(import).with(5);
    assert!(
        said.starts_with("{\n  \"dry_run\": false,\n"),
        "as all commands answer: {said}"
    );
    let told: Value = serde_json::from_str(&said).unwrap();
    let report_path = format!("{}.refused.jsonl", path.display());
    assert_eq!(told["report"], report_path);
}
