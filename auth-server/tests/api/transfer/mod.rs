//! `auth-server users import | export`

mod dry_run;
mod export;
mod lines;
mod memory;
mod refusals;
mod reports;
mod restart;
mod systems;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use local_run::temporary::TemporaryDirectory;
use serde_json::{Value, json};

use crate::harness::{Database, MASTER_KEY};

/// The cheapest hash of the password that all tests have, made by bcryptjs.
const HASH: &str = "$2b$05$vUPYuQfmsX.vL5.eeZJyg.LpKj0Jegd.wZrLh/WUc6I6g5ovWo0fe";

/// How a command ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    /// What a command that ended in that way said.
    #[track_caller]
    fn with(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.stdout
    }

    /// The one JSON object that it said, but for the time it took and where the report is.
    #[track_caller]
    fn json(self, code: i32) -> Value {
        let stderr = self.stderr.clone();
        let mut told: Value = serde_json::from_str(&self.with(code)).unwrap();
        let expected = match &told["refused"] {
            refused if *refused == 0 => String::new(),
            refused => format!("auth-server: lines refused: {refused}\n"),
        };
        assert_eq!(stderr, expected, "a bar is for terminals");
        let told_of = told.as_object_mut().unwrap();
        assert!(told_of.remove("seconds").unwrap().as_f64().unwrap() > 0.0);
        told_of.remove("report").unwrap();
        told
    }

    /// What a command complained of that could not do its work.
    #[track_caller]
    fn complained(self) -> String {
        assert!(matches!(self.code, Some(1 | 2 | 4)), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        self.stderr
    }
}

/// The binary with `users …` of this database, as the service's role.
fn command(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auth-server"));
    command
        .arg("users")
        .args(arguments)
        .env_clear()
        .env("AUTH_DATABASE_URL", database.service_url())
        .env("AUTH_MASTER_KEYS", MASTER_KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

fn end(mut command: Command) -> Ended {
    let output = command.stdout(Stdio::piped()).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn users(database: &Database, arguments: &[&str]) -> Ended {
    end(command(database, arguments))
}

/// A directory with the files of one test.
struct Files(TemporaryDirectory);

impl Files {
    fn new() -> Self {
        Self(TemporaryDirectory::new("transfer").unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes one JSON object a line.
    fn write_lines(&self, name: &str, lines: impl IntoIterator<Item = Value>) -> String {
        let lines = lines.into_iter().map(|line| format!("{line}\n"));
        self.write(name, lines.collect::<String>())
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap().path())).collect();
        names.sort();
        names
    }
}

/// The lines of a report and their reasons.
fn report(path: &str) -> Vec<(u64, String)> {
    let text = fs::read_to_string(path).unwrap();
    let entry = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert!(!entry["message"].as_str().unwrap().is_empty(), "{entry}");
        assert_eq!(entry.as_object().unwrap().len(), 3);
        let code = entry["code"].as_str().unwrap().to_owned();
        (entry["line"].as_u64().unwrap(), code)
    };
    text.lines().map(entry).collect()
}

/// Someone in a file.
fn person(name: &str) -> Value {
    json!({"username": name, "email": format!("{name}@example.org"), "password_hash": HASH})
}

/// Many of them.
fn people(number: usize) -> impl Iterator<Item = Value> {
    (0..number).map(|number| person(&format!("person-{number}")))
}
