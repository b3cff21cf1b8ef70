//! An import that is broken off goes on where it stopped, and one that is done is done once.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    process::Child,
};

use serde_json::{Value, json};

use super::{Files, command, people, person, report, users};
use crate::harness::{Database, eventually};

/// Ends a process as a power cut does.
fn kill(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

/// Thousands of people, of whom every hundredth line is refused.
fn six_thousand() -> Vec<Value> {
    let mut lines: Vec<Value> = people(6_000).collect();
    for line in lines.iter_mut().step_by(100) {
        line["password_hash"] = json!("!");
    }
    lines
}

fn every_hundredth() -> Vec<(u64, String)> {
    let lines = (0..60).map(|number| number * 100 + 1);
    lines
        .map(|line| (line, "password_unusable".to_owned()))
        .collect()
}

#[actix_web::test]
async fn nobody_is_lost_and_nobody_is_there_twice() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write_lines("people.jsonl", six_thousand());
    let report_path = format!("{path}.refused.jsonl");
    // Someone registers under a name of the third batch, and is slow about it.
    let held = database.hold(
        "insert into users (id, username, email, password_hash)
         values (gen_random_uuid(), 'person-4321', 'someone@example.org', '!')",
    );
    let process = command(&database, &["import", &path]).spawn().unwrap();
    database.waiter().await;
    kill(process);
    drop(held);
    assert_eq!(database.count("users"), 3_960);
    let half = database.row("select resume_line, finished_at from user_imports");
    assert_eq!(half, json!({"resume_line": 4_000, "finished_at": null}));
    // As if it had been killed between the report and the commit.
    let mut file = OpenOptions::new().append(true).open(&report_path).unwrap();
    let half = br#"{"line":4001,"code":"password_unusable","message":"Half of a"#;
    file.write_all(half).unwrap();

    let said = users(&database, &["import", "--dry-run", &path]).with(5);
    assert!(
        said.contains("would be imported: 5940, lines refused: 60"),
        "{said}"
    );
    assert!(!said.contains("missing"), "{said}");
    assert_eq!(
        report(&format!("{path}.dry-run.jsonl")),
        every_hundredth(),
        "those of the earlier run are in it"
    );
    let told = users(&database, &["import", "--json", &path]).json(5);
    assert_eq!(told["missing_from_report"], 0);
    assert_eq!(
        (&told["imported"], &told["refused"]),
        (&json!(5_940), &json!(60))
    );
    assert_eq!(told["resumed_after_line"], 4_000);
    assert_eq!(database.count("users"), 5_940);
    assert_eq!(report(&report_path), every_hundredth());
    assert_eq!(
        database.events(),
        ["users_import_begun", "users_import_begun", "users_imported"]
    );
    let begun = database.rows("select details->'lines_done_before' as n from security_events where kind = 'users_import_begun' order by id");
    assert_eq!(begun, [json!({"n": 0}), json!({"n": 4_000})]);
}

#[actix_web::test]
async fn an_import_that_is_killed_again_and_again_comes_to_its_end() {
    let database = Database::new();
    let files = Files::new();
    let mut text = String::from("email,username,password_hash,notes\r\n");
    for number in 0..9_000 {
        let hash = if number % 100 == 0 { "!" } else { super::HASH };
        let cells = format!("p{number}@example.org,person-{number},{hash},\"two\r\nlines\"\r\n");
        text.push_str(&cells);
    }
    let path = files.write("people.csv", text);
    // Time for a look at it, before it is done with all.
    database.execute(
        "create function linger() returns trigger language plpgsql as
             $$ begin perform pg_sleep(0.2); return new; end $$;
         create trigger linger before update on user_imports for each row execute function linger()",
    );
    let mut before = json!(0);
    let mut kills = 0;
    loop {
        let mut process = command(&database, &["import", &path]).spawn().unwrap();
        let mut code = None;
        eventually("a batch", async || {
            code = process.try_wait().unwrap();
            let rows = database.rows("select resume_line from user_imports where resume_line > 0");
            let line = rows.first().map(|row| row["resume_line"].clone());
            let has_gone_on =
                line.is_some_and(|line| std::mem::replace(&mut before, line.clone()) != line);
            has_gone_on || code.is_some()
        })
        .await;
        if let Some(status) = code {
            assert_eq!(status.code(), Some(5));
            break;
        }
        kill(process);
        kills += 1;
    }
    assert!(kills > 1, "{kills}");
    assert_eq!(database.count("users"), 8_910);
    let lines: Vec<u64> = (0..90).map(|number| number * 200 + 2).collect();
    let refused = report(&format!("{path}.refused.jsonl"));
    assert_eq!(
        refused
            .into_iter()
            .map(|(line, _)| line)
            .collect::<Vec<_>>(),
        lines
    );
}

#[test]
fn a_file_is_imported_once_unless_it_is_asked_for_again() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write_lines("people.jsonl", [person("ada"), person("grace")]);
    users(&database, &["import", &path]).with(0);
    let everything = || {
        ["users", "user_imports", "security_events"]
            .map(|table| database.rows(&format!("select * from {table}")))
    };
    let before = everything();
    // By its content, wherever it stands.
    let copy = files.path("copy.csv");
    fs::copy(&path, &copy).unwrap();
    for arguments in [
        &["import", &path][..],
        &["import", "--format", "json-lines", &copy],
        &["import", "--dry-run", &path],
    ] {
        let said = users(&database, arguments).with(0);
        assert!(
            said.contains("people imported: 2, lines refused: 0. Nothing was done"),
            "{said}"
        );
        assert_eq!(everything(), before);
    }
    database.execute("delete from users where username = 'ada'");
    let told = users(&database, &["import", "--again", "--json", &path]).json(5);
    assert_eq!(
        (&told["imported"], &told["refused_by_reason"]),
        (&json!(1), &json!({"email_taken": 1}))
    );
    assert_eq!(database.count("users"), 2);
}

#[actix_web::test]
async fn positions_in_a_file_mean_nothing_in_another_format() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write("people.jsonl", format!("email\n{}\n", person("ada")));
    users(&database, &["import", &path]).with(5);
    database
        .execute("update user_imports set finished_at = null, resume_offset = 6, resume_line = 1");
    let complaint = users(&database, &["import", "--format", "csv", &path]).complained();
    assert!(complaint.contains("begun as json-lines"), "{complaint}");
}

#[actix_web::test]
async fn one_import_at_a_time() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write_lines("people.jsonl", people(1_000));
    let held = database.hold(
        "insert into users (id, username, email, password_hash)
        values (gen_random_uuid(), 'person-7', 'someone@example.org', '!')",
    );
    let first = command(&database, &["import", &path]).spawn().unwrap();
    database.waiter().await;
    let other = files.write_lines("others.jsonl", [person("grace")]);
    for path in [&path, &other] {
        let complaint = users(&database, &["import", path]).complained();
        assert!(
            complaint.contains("another import is under way"),
            "{complaint}"
        );
    }
    kill(first);
    drop(held);
    users(&database, &["import", &other]).with(0);
    users(&database, &["import", &path]).with(0);
    assert_eq!(database.count("users"), 1_001);
}

#[test]
fn what_keeps_an_import_from_its_lock_is_said() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write_lines("people.jsonl", [person("ada")]);
    database.execute("revoke execute on function pg_try_advisory_lock(bigint) from public");
    let complaint = users(&database, &["import", &path]).complained();
    assert!(
        complaint.contains("permission denied for function pg_try_advisory_lock"),
        "{complaint}"
    );
}

/// People go on registering while others are imported.
#[actix_web::test]
async fn whoever_registers_first_has_the_name() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write_lines("people.jsonl", people(100));
    let held = database.hold(
        "insert into users (id, username, email, password_hash)
        values (gen_random_uuid(), 'person-7', 'someone@example.org', '!')",
    );
    let mut process = command(&database, &["import", &path]).spawn().unwrap();
    database.waiter().await;
    held.commit();
    assert_eq!(process.wait().unwrap().code(), Some(5));
    let refused = report(&format!("{path}.refused.jsonl"));
    assert_eq!(refused, [(8, "username_taken".to_owned())]);
    assert_eq!(database.count("users"), 100);
}

#[actix_web::test]
async fn a_connection_that_breaks_is_said_and_the_rest_is_done_later() {
    let database = Database::new();
    let files = Files::new();
    let path = files.write_lines("people.jsonl", six_thousand());
    let held = database.hold(
        "insert into users (id, username, email, password_hash)
        values (gen_random_uuid(), 'person-4321', 'someone@example.org', '!')",
    );
    let process = command(&database, &["import", &path])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    database.waiter().await;
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'auth-server-command' and datname = current_database()",
    );
    let output = process.wait_with_output().unwrap();
    drop(held);
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains("another call goes on from there"),
        "{complaint}"
    );
    users(&database, &["import", &path]).with(5);
    assert_eq!(database.count("users"), 5_940);
    assert_eq!(report(&format!("{path}.refused.jsonl")), every_hundredth());
}
