//! What `docker/postgres/backup` and `restore` make of a server, and what they refuse.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use diesel::{PgConnection, RunQueryDsl};
use local_run::postgres::{Cluster, ClusterSettings};
use local_run::temporary::TemporaryDirectory;
use local_run::wait;

const SOON: Duration = Duration::from_secs(60);

/// A Postgres that archives its log, and a backup of it.
struct Archived {
    cluster: Cluster,
    directory: TemporaryDirectory,
}

impl Archived {
    fn start() -> Self {
        let directory = TemporaryDirectory::new("restore").unwrap();
        let mut settings = ClusterSettings::throwaway(&directory.path().join("postgres"));
        let archive = settings.directory.join("archive");
        let archive = archive.display();
        let command = format!("mkdir -p {archive} && cp %p {archive}/%f");
        for (name, value) in [("archive_mode", "on"), ("archive_command", &command)] {
            settings
                .parameters
                .push((name.to_owned(), value.to_owned()));
        }
        let cluster = Cluster::start(&settings).unwrap();
        let mut archived = Self { cluster, directory };
        archived.execute("create table marks (name text)");
        let backup = archived.backup(&archived.backup_directory());
        assert!(backup.status.success(), "{backup:?}");
        archived
    }

    fn archive(&self) -> PathBuf {
        self.directory.path().join("postgres/archive")
    }

    fn backup_directory(&self) -> PathBuf {
        self.directory.path().join("backup")
    }

    fn connect(&self) -> PgConnection {
        self.cluster.server().connect().unwrap()
    }

    fn execute(&mut self, statement: &str) {
        self.connect().batch_execute(statement).unwrap();
    }

    /// Commits a mark, and gives an instant after it.
    fn mark(&mut self, name: &str) -> String {
        self.execute(&format!("insert into marks values ('{name}')"));
        self.text("clock_timestamp()::text")
    }

    fn text(&self, expression: &str) -> String {
        diesel::select(sql::<Text>(expression))
            .get_result(&mut self.connect())
            .unwrap()
    }

    fn marks(&self) -> String {
        wait::until("the recovery", SOON, || {
            let recovering: bool = diesel::select(sql::<Bool>("pg_is_in_recovery()"))
                .get_result(&mut self.connect())?;
            Ok((!recovering).then_some(()))
        })
        .unwrap();
        self.text("(select coalesce(string_agg(name, ' ' order by name), '') from marks)")
    }

    fn backup(&self, to: &Path) -> Output {
        let server = self.cluster.server();
        let url = server.superuser_url("");
        let (_, rest) = url.split_once("://postgres:").unwrap();
        let (password, _) = rest.split_once('@').unwrap();
        script("backup")
            .arg(to)
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.cluster.port().to_string())
            .env("PGUSER", "postgres")
            .env("PGPASSWORD", password)
            .output()
            .unwrap()
    }

    /// Puts what `restore` makes in the place of the data directory, once all of the log is in the archive.
    fn return_to(&mut self, more: &[&str]) {
        let last = self.text("pg_walfile_name(pg_current_wal_lsn())");
        self.text("pg_switch_wal()::text");
        let archived = self.archive().join(last);
        wait::until("the end of the log in the archive", SOON, || {
            Ok(archived.exists().then_some(()))
        })
        .unwrap();
        self.cluster.stop().unwrap();
        let data = self.cluster.data_directory().to_owned();
        fs::remove_dir_all(&data).unwrap();
        let restored = self.restore(&data, &self.archive(), more);
        assert!(restored.status.success(), "{restored:?}");
        let owner = format!("--reference={}", data.parent().unwrap().display());
        let chown = Command::new("chown")
            .arg("-R")
            .arg(owner)
            .arg(&data)
            .status();
        assert!(chown.unwrap().success());
        self.cluster.restart().unwrap();
    }

    fn restore(&self, data: &Path, archive: &Path, more: &[&str]) -> Output {
        restore(&self.backup_directory(), data, archive, more)
    }
}

fn restore(backup: &Path, data: &Path, archive: &Path, more: &[&str]) -> Output {
    let mut restore = script("restore");
    restore.args([backup, data, archive]).args(more);
    restore.output().unwrap()
}

fn script(name: &str) -> Command {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker/postgres");
    Command::new(directory.join(name))
}

/// Whoever has second thoughts finds the log as it was, and not what the server of the first restore added to it.
#[test]
fn one_restore_does_not_spoil_the_next() {
    let mut archived = Archived::start();
    let first = archived.mark("a");
    let second = archived.mark("b");
    archived.mark("c");
    archived.return_to(&[&first]);
    assert_eq!(archived.marks(), "a");
    archived.mark("x");
    archived.return_to(&[&second]);
    assert_eq!(archived.marks(), "a b");
    archived.return_to(&[]);
    assert_eq!(archived.marks(), "a b c");
}

#[test]
fn what_cannot_come_out_right_is_refused() {
    let archived = Archived::start();
    let elsewhere = TemporaryDirectory::new("restore").unwrap();
    let (data, nothing) = (elsewhere.path().join("data"), elsewhere.path());
    let archive = archived.archive();
    let now = archived.text("now()::text");
    for (archive, more, expected) in [
        (
            nothing,
            &["2020-01-01 00:00:00+00"][..],
            "with which the backup began",
        ),
        (&archive, &["2020-01-01 00:00:00+00"], "an earlier backup"),
        (&archive, &["yesterday"], "an instant has"),
        (&archive, &["2026-11-22 08:00:00"], "an instant has"),
        (
            &archive,
            &["2026-11-22 08:00:00+00'\nx = '"],
            "an instant has",
        ),
        (&archive, &[&now, "oldest"], "a timeline is"),
        (&archive, &[&now, "1", "x"], "usage"),
        (&archive.join("not there"), &[], "no directory"),
    ] {
        let outcome = archived.restore(&data, archive, more);
        refused(&outcome, expected);
        assert!(!data.exists(), "{expected}");
    }
    fs::create_dir(&data).unwrap();
    refused(&archived.restore(&data, &archive, &[]), "there already");
    refused(&restore(nothing, &data, &archive, &[]), "no backup");
    refused(
        &archived.backup(&archived.backup_directory()),
        "there already",
    );
}

/// The version is part of a path of programs.
#[test]
fn a_forged_backup_names_no_programs() {
    let directory = TemporaryDirectory::new("restore").unwrap();
    let backup = directory.path();
    fs::write(backup.join("PG_VERSION"), "../../../tmp\n").unwrap();
    fs::write(backup.join("backup_manifest"), "{}").unwrap();
    fs::create_dir(backup.join("pg_wal")).unwrap();
    for (file, content) in [
        ("base.tar.gz", &["PG_VERSION", "pg_wal"][..]),
        ("pg_wal.tar.gz", &["PG_VERSION"]),
    ] {
        let mut tar = Command::new("tar");
        tar.args(["--create", "--gzip", "--file", file])
            .args(content)
            .current_dir(backup);
        assert!(tar.status().unwrap().success());
    }
    let outcome = restore(backup, &backup.join("data"), backup, &[]);
    refused(&outcome, "no version of Postgres");
}

#[track_caller]
fn refused(outcome: &Output, expected: &str) {
    let complaint = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains(expected), "{complaint}");
}
