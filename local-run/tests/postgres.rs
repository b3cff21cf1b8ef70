//! A private Postgres starts, keeps its data, lets nobody in without a password, and goes away.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, RunQueryDsl};
use local_run::postgres::{Cluster, ClusterSettings, Durability, Service, TestDatabase};
use local_run::temporary::TemporaryDirectory;

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("connect")
}

fn count(url: &str, table: &str) -> i64 {
    diesel::select(sql::<BigInt>(&format!("(select count(*) from {table})")))
        .get_result(&mut connect(url))
        .expect("count")
}

fn throwaway(directory: &Path) -> Cluster {
    Cluster::start(&ClusterSettings::throwaway(directory)).expect("start Postgres")
}

#[test]
fn a_second_start_finds_the_data_again() {
    let directory = TemporaryDirectory::new("test").unwrap();
    let cluster = throwaway(directory.path());
    cluster.server().bootstrap().unwrap();
    let url = cluster.server().owner_url(Service::Notes, "latchkey_notes");
    connect(&url)
        .batch_execute("create table kept (n int); insert into kept values (1)")
        .unwrap();
    drop(cluster);

    let cluster = throwaway(directory.path());
    cluster.server().bootstrap().unwrap();
    let url = cluster
        .server()
        .service_url(Service::Notes, "latchkey_notes");
    assert_eq!(count(&url, "kept"), 1);
}

#[test]
fn a_kill_loses_nothing_that_was_committed() {
    for durability in [Durability::Durable, Durability::Throwaway] {
        survives_a_kill(durability);
    }
}

fn survives_a_kill(durability: Durability) {
    let directory = TemporaryDirectory::new("test").unwrap();
    let mut settings = ClusterSettings::throwaway(directory.path());
    settings.durability = durability;
    let mut cluster = Cluster::start(&settings).unwrap();
    let url = cluster.server().superuser_url("postgres");
    let mut open_connection = connect(&url);
    open_connection
        .batch_execute("create table kept (n int); insert into kept values (1)")
        .unwrap();

    cluster.kill();
    assert!(PgConnection::establish(&url).is_err());
    assert!(open_connection.batch_execute("select 1").is_err());

    cluster.restart().unwrap();
    assert_eq!(count(&url, "kept"), 1);
}

#[test]
fn nobody_enters_without_the_password() {
    let directory = TemporaryDirectory::new("test").unwrap();
    let cluster = throwaway(directory.path());
    for user in ["postgres", "postgres:", "postgres:wrong", "nobody"] {
        let url = format!("postgres://{user}@127.0.0.1:{}/postgres", cluster.port());
        let error = PgConnection::establish(&url).err().expect(user).to_string();
        assert!(error.contains("password"), "{user}: {error}");
    }
    let password_file = directory.path().join("superuser-password");
    assert_eq!(
        password_file.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        directory.path().metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn a_taken_port_is_left_alone() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().port();
    let directory = TemporaryDirectory::new("test").unwrap();
    let mut settings = ClusterSettings::throwaway(directory.path());
    settings.wanted_port = Some(taken);
    let cluster = Cluster::start(&settings).unwrap();
    assert_ne!(cluster.port(), taken);
}

#[test]
fn one_directory_runs_one_cluster() {
    let directory = TemporaryDirectory::new("test").unwrap();
    let cluster = throwaway(directory.path());
    let error = Cluster::start(&ClusterSettings::throwaway(directory.path()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("postmaster.pid\" already exists"), "{error}");
    assert_eq!(
        count(
            &cluster.server().superuser_url("postgres"),
            "pg_roles where rolsuper"
        ),
        1
    );
}

/// root's home has mode 0700, and Postgres does not run as root.
#[test]
fn runs_below_a_directory_that_only_its_owner_may_enter() {
    let parent = TemporaryDirectory::new("test").unwrap();
    let closed = parent.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = throwaway(&closed.join("checkout/.local/postgres"));
    assert_eq!(
        count(
            &cluster.server().superuser_url("postgres"),
            "pg_roles where rolsuper"
        ),
        1
    );
}

#[test]
fn each_test_gets_a_database_of_its_own_and_migrations_run_once() {
    static MIGRATIONS: AtomicUsize = AtomicUsize::new(0);
    let fingerprint = format!("migrations of process {}", std::process::id());
    let database = || {
        TestDatabase::new(Service::Auth, &fingerprint, |owner_url| {
            MIGRATIONS.fetch_add(1, Ordering::Relaxed);
            connect(owner_url).batch_execute("create table people (id bigserial)")?;
            Ok(())
        })
        .expect("test database")
    };
    let databases: Vec<TestDatabase> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(database)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(MIGRATIONS.load(Ordering::Relaxed), 1);

    connect(&databases[0].service_url())
        .batch_execute("insert into people default values")
        .unwrap();
    assert_eq!(count(&databases[0].service_url(), "people"), 1);
    assert_eq!(count(&databases[1].service_url(), "people"), 0);

    let url = databases[0].owner_url();
    drop(databases);
    assert!(
        PgConnection::establish(&url).is_err(),
        "the database outlived its test"
    );
}

/// R62: the service's role changes no schema, and the other service's role does not get in.
#[test]
fn a_service_can_neither_change_its_schema_nor_read_the_other_services_data() {
    let database = TestDatabase::new(Service::Auth, "roles", |owner_url| {
        connect(owner_url).batch_execute("create table people (id bigserial)")?;
        Ok(())
    })
    .unwrap();
    let mut service = connect(&database.service_url());
    for statement in [
        "create table other (id int)",
        "alter table people add column admin bool",
        "drop table people",
        "truncate people",
        "create schema other",
        "create temporary table other (id int)",
        "set role latchkey_auth_owner",
    ] {
        let error = service.batch_execute(statement).unwrap_err().to_string();
        assert!(
            error.contains("permission denied") || error.contains("must be owner"),
            "{statement}: {error}"
        );
    }
    let others = database
        .service_url()
        .replace("/latchkey_auth:", "/latchkey_notes:")
        .replace(&password_of(&database.service_url()), &notes_password());
    let error = PgConnection::establish(&others).err().unwrap().to_string();
    assert!(error.contains("permission denied for database"), "{error}");
}

fn notes_password() -> String {
    let server = local_run::postgres::shared_test_server().unwrap();
    password_of(&server.service_url(Service::Notes, "latchkey_notes"))
}

fn password_of(url: &str) -> String {
    let credentials = url.split('@').next().unwrap();
    credentials.rsplit(':').next().unwrap().to_owned()
}
