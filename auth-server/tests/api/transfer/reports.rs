//! The report of an import that was broken off holds what all of its runs refused, wherever they wrote it.

use std::fs;

use serde_json::{Value, json};

use super::{Files, command, person, report, users};
use crate::harness::{Database, eventually};

/// A file that was imported up to line 2,000, and what refuses lines of it: two of the first batch and one of
/// the second.
struct Half {
    database: Database,
    files: Files,
    path: String,
}

const REFUSED: [u64; 3] = [7, 1_000, 2_003];

impl Half {
    async fn new() -> Self {
        let database = Database::new();
        let files = Files::new();
        let mut lines: Vec<Value> = super::people(2_010).collect();
        for line in REFUSED {
            lines[usize::try_from(line).unwrap() - 1]["password_hash"] = json!("!");
        }
        let path = files.write_lines("people.jsonl", lines);
        let held = database.hold(
            "insert into users (id, username, email, password_hash)
             values (gen_random_uuid(), 'person-2005', 'someone@example.org', '!')",
        );
        let mut import = command(&database, &["import", &path]).spawn().unwrap();
        database.waiter().await;
        import.kill().unwrap();
        import.wait().unwrap();
        drop(held);
        let connections = "pg_stat_activity
            where datname = current_database() and application_name = 'auth-server-command'";
        eventually("the end of its connection", async || {
            database.count(connections) == 0
        })
        .await;
        assert_eq!(database.count("users"), 1_998);
        Self {
            database,
            files,
            path,
        }
    }

    fn report_path(&self) -> String {
        format!("{}.refused.jsonl", self.path)
    }

    fn import(&self, arguments: &[&str]) -> Value {
        let arguments = [&["import", "--json"], arguments, &[&self.path]].concat();
        users(&self.database, &arguments).json(5)
    }
}

/// The lines that a report tells of.
fn lines(path: &str) -> Vec<u64> {
    report(path).into_iter().map(|(line, _)| line).collect()
}

#[actix_web::test]
async fn another_report_begins_with_what_the_first_one_holds() {
    let half = Half::new().await;
    let elsewhere = half.files.path("elsewhere.jsonl");
    let first = fs::read(half.report_path()).unwrap();

    let dry_run = half.import(&["--dry-run", "--report", &elsewhere]);
    assert_eq!(dry_run["missing_from_report"], 0);
    assert_eq!(lines(&elsewhere), REFUSED);
    assert_eq!(fs::read(half.report_path()).unwrap(), first);

    let real = half.import(&["--report", &elsewhere]);
    assert_eq!(real["missing_from_report"], 0);
    assert_eq!(lines(&elsewhere), REFUSED);
    assert_eq!(fs::read(half.report_path()).unwrap(), first);
}

/// As of any run: the newest report is the one that goes on.
#[actix_web::test]
async fn a_report_that_took_over_is_taken_over_itself() {
    let half = Half::new().await;
    let [second, third] = ["second.jsonl", "third.jsonl"].map(|name| half.files.path(name));
    half.database.execute(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'not now'; end $$;
         create trigger refuse before update of resume_offset on user_imports
             for each row when (new.resume_offset > old.resume_offset) execute function refuse()",
    );
    users(&half.database, &["import", "--report", &second, &half.path]).complained();
    half.database.execute("drop trigger refuse on user_imports");
    fs::remove_file(half.report_path()).unwrap();
    let told = half.import(&["--report", &third]);
    assert_eq!(told["missing_from_report"], 0);
    assert_eq!(lines(&third), REFUSED);
}

/// Under another name, or as a link: what is taken over is not overwritten first.
#[actix_web::test]
async fn a_report_may_be_the_first_one_by_another_name() {
    let half = Half::new().await;
    let link = half.files.path("link.jsonl");
    fs::hard_link(half.report_path(), &link).unwrap();
    let told = half.import(&["--report", &link]);
    assert_eq!(told["missing_from_report"], 0);
    assert_eq!(lines(&link), REFUSED);
}

#[actix_web::test]
async fn what_a_report_lacks_is_said() {
    let half = Half::new().await;
    // Cut within its second line.
    let first = fs::read(half.report_path()).unwrap();
    fs::write(half.report_path(), &first[..first.len() - 10]).unwrap();
    let dry_run = half.import(&["--dry-run"]);
    assert_eq!(dry_run["missing_from_report"], 1);
    assert_eq!(lines(&format!("{}.dry-run.jsonl", half.path)), [7, 2_003]);

    fs::remove_file(half.report_path()).unwrap();
    let said = users(&half.database, &["import", &half.path]).with(5);
    assert!(said.contains("lines refused: 3"), "{said}");
    assert!(
        said.contains(&format!(
            "Lines that an earlier run refused and that are missing from the report, since they are not in {}: 2",
            half.report_path()
        )),
        "{said}"
    );
    assert_eq!(lines(&half.report_path()), [2_003]);
}

/// What is at the place of the first report is not copied unless it is one.
#[actix_web::test]
async fn only_a_report_is_taken_over() {
    let half = Half::new().await;
    fs::write(half.report_path(), "precious").unwrap();
    let elsewhere = half.files.path("elsewhere.jsonl");
    let told = half.import(&["--report", &elsewhere]);
    assert_eq!(told["missing_from_report"], 2);
    assert_eq!(lines(&elsewhere), [2_003]);
    assert_eq!(fs::read_to_string(half.report_path()).unwrap(), "precious");
}

#[test]
fn an_import_that_begins_anew_takes_nothing_over() {
    let database = Database::new();
    let files = Files::new();
    let mut nobody = person("ada");
    nobody["password_hash"] = json!("!");
    let path = files.write_lines("people.jsonl", [nobody]);
    let elsewhere = files.path("elsewhere.jsonl");
    for arguments in [
        &["import", "--json", &path][..],
        &["import", "--json", "--again", "--report", &elsewhere, &path],
    ] {
        assert_eq!(users(&database, arguments).json(5)["refused"], 1);
    }
    assert_eq!(lines(&elsewhere), [1]);
}
