//! Files as programs write them, and as they are when something went wrong.

use std::{io::Write, process::Stdio};

use serde_json::{Value, json};

use super::{Files, HASH, command, end, person, report, users};
use crate::harness::Database;

#[test]
fn byte_order_marks_line_ends_and_empty_lines_are_no_matter() {
    let files = Files::new();
    let csv = format!("email,password_hash,full_name\r\n\r\nada@example.org,{HASH},\"Ada\"\r\n");
    let json_lines = format!(
        "\r\n{}\r\n\n{}",
        person("ada"),
        json!({"email": "g@example.org"})
    );
    for (name, text, refused) in [
        ("people.csv", csv, None),
        ("people.jsonl", json_lines, Some(4)),
    ] {
        for mark in ["", "\u{feff}"] {
            let database = Database::new();
            let path = files.write(name, format!("{mark}{text}"));
            let ended = users(&database, &["import", &path]);
            assert_eq!(
                ended.code,
                Some(if refused.is_some() { 5 } else { 0 }),
                "{ended:?}"
            );
            assert_eq!(database.count("users where email = 'ada@example.org'"), 1);
            if let Some(line) = refused {
                let report = report(&format!("{path}.refused.jsonl"));
                assert_eq!(report, [(line, "password_missing".to_owned())]);
            }
        }
    }
}

#[test]
fn cells_hold_commas_quotes_and_line_breaks_and_lines_are_counted_with_them() {
    let database = Database::new();
    let files = Files::new();
    let text = format!(
        "email,notes,password_hash,full_name
ada@example.org,\"one,
two \"\"three\"\"

four\",{HASH},\"King, Ada \"\"the\"\" Countess\"
grace@example.org,,,
few@example.org,
many@example.org,,{HASH},,
idle@example.org,\"\",{HASH},\"Idle\"
"
    );
    let path = files.write("people.csv", text);
    let told = users(&database, &["import", "--json", &path]).json(5);
    assert_eq!(told["imported"], 2);
    assert_eq!(
        report(&format!("{path}.refused.jsonl")),
        [
            (6, "password_missing".to_owned()),
            (7, "cell_count".to_owned()),
            (8, "cell_count".to_owned())
        ]
    );
    let ada = database.row("select full_name from users where username = 'ada'");
    assert_eq!(ada["full_name"], "King, Ada \"the\" Countess");
}

#[test]
fn a_line_of_ten_megabytes_is_refused_and_the_next_one_read() {
    let long = "x".repeat(10_000_000);
    let files = Files::new();
    let json_lines = files.write_lines(
        "people.jsonl",
        [person("ada"), json!({ "email": long }), person("grace")],
    );
    let csv = files.write(
        "people.csv",
        format!("email,password_hash\nada@example.org,{HASH}\n{long},\ngrace@example.org,{HASH}\n"),
    );
    let many_cells = ",".repeat(1_000_000);
    let wide = files.write(
        "wide.csv",
        format!("email,password_hash\n{many_cells}\ngrace@example.org,{HASH}\n"),
    );
    for (path, line, imported) in [(json_lines, 2, 2), (csv, 3, 2), (wide, 2, 1)] {
        let database = Database::new();
        let told = users(&database, &["import", "--json", &path]).json(5);
        assert_eq!(told["imported"], imported);
        let report = report(&format!("{path}.refused.jsonl"));
        assert_eq!(report, [(line, "too_long".to_owned())]);
    }
}

/// The rest is not taken for people by accident, and the report tells how much of it is lost.
#[test]
fn a_quote_that_nobody_closes_is_told_with_the_lines_that_it_costs() {
    for lines in [10, 20_000] {
        let database = Database::new();
        let files = Files::new();
        let row = format!("ada@example.org,{HASH}\n");
        let mut text = format!("email,password_hash\n\"{row}");
        text.push_str(&row.repeat(lines - 1));
        let path = files.write("people.csv", text);
        let told = users(&database, &["import", "--json", &path]).json(5);
        assert_eq!(told["imported"], 0);
        let report = std::fs::read_to_string(format!("{path}.refused.jsonl")).unwrap();
        let refused: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(refused["line"], 2);
        assert_eq!(refused["code"], "quote_not_closed");
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains(&format!(" {lines} lines ")), "{message}");
    }
}

#[test]
fn what_is_neither_utf8_nor_an_object_is_refused() {
    let database = Database::new();
    let files = Files::new();
    let good = person("ada").to_string();
    let mut text = Vec::new();
    for line in [
        b"{\"email\": \"\xFFda@example.org\"}".as_slice(),
        b"\"canary\"",
        b"{\"email\": \"canary@example.org\"",
        b"{\"email\": \"a@b.c\", \"email\": \"canary@b.c\"}",
        b"\0\0\0",
        good.as_bytes(),
        "[".repeat(100_000).as_bytes(),
    ] {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    let path = files.write("people.jsonl", text);
    let ended = users(&database, &["import", &path]);
    assert!(!format!("{ended:?}").contains("canary"));
    ended.with(5);
    let refused: Vec<String> = report(&format!("{path}.refused.jsonl"))
        .into_iter()
        .map(|(line, code)| format!("{line} {code}"))
        .collect();
    assert_eq!(
        refused,
        [
            "1 not_utf8",
            "2 not_json_object",
            "3 not_json_object",
            "4 repeated_member",
            "5 not_json_object",
            "7 not_json_object"
        ]
    );

    let latin1 = [b"email,password_hash\n\xE4@example.org,x\n".as_slice()].concat();
    let path = files.write("latin1.csv", latin1);
    users(&database, &["import", &path]).with(5);
    assert_eq!(
        report(&format!("{path}.refused.jsonl")),
        [(2, "not_utf8".to_owned())]
    );
}

#[test]
fn a_file_of_another_kind_is_told_at_once() {
    let database = Database::new();
    let files = Files::new();
    for (name, content, words) in [
        ("array.json", b" [{}]".as_slice(), "jq -c"),
        ("wide.jsonl", b"\xFF\xFE{\0}\0", "UTF-16"),
        ("wide.csv", b"\xFE\xFF\0e", "UTF-16"),
        ("empty.csv", b"\n\n", "no header line"),
        (
            "anonymous.csv",
            b"username,password\nada,x\n",
            "no column email",
        ),
        ("latin1.csv", b"email,pr\xE9nom\n", "no header line"),
        ("twice.csv", b"email,name,name\n", "the column name twice"),
    ] {
        let path = files.write(name, content);
        let complaint = users(&database, &["import", &path]).complained();
        assert!(complaint.contains(words), "{name}: {complaint}");
    }
    assert_eq!(database.count("user_imports"), 0);
    assert_eq!(database.events(), [""; 0]);
    // A column that means nothing may be there as often as it likes.
    let path = files.write("twice.csv", "email,x,x\n");
    users(&database, &["import", &path]).with(0);
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let database = Database::new();
    let files = Files::new();
    let refused = files.path("refused.jsonl");
    let text = format!("{}\n{{}}\n", person("ada"));
    for said in ["People imported: 1", "imported before"] {
        let arguments = [
            "import",
            "--format",
            "json-lines",
            "--report",
            &refused,
            "-",
        ];
        let mut command = command(&database, &arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(5));
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.contains(said), "{told}");
        assert_eq!(report(&refused), [(2, "email_missing".to_owned())]);
    }
    assert_eq!(database.count("users"), 1);
    let closed = end(super::command(
        &database,
        &["import", "--format", "csv", "--report", &refused, "-"],
    ));
    assert!(closed.complained().contains("no header line"));
}

/// Lists end where one of them begins, and nobody would see who has it.
#[actix_web::test]
async fn an_id_that_stands_for_something_else_is_replaced() {
    let (database, files) = (Database::new(), Files::new());
    let lines: Vec<String> = [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ]
    .iter()
    .enumerate()
    .map(|(number, id)| {
        json!({
            "id": id,
            "username": format!("person{number}"),
            "email": format!("person{number}@example.org"),
            "password_hash": HASH,
        })
        .to_string()
    })
    .collect();
    let path = files.write("people.jsonl", lines.join("\n"));
    users(&database, &["import", &path]).with(0);
    let kept = database.count("users where id::text ~ '^(0{8}|f{8})-'");
    assert_eq!((database.count("users"), kept), (2, 0));
}
