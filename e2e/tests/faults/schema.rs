//! The schema moves on under running servers, and several move it at once.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use local_run::binaries::Binaries;
use local_run::postgres::Service;
use local_run::wait;

use crate::world::World;

/// What a next release might add, in the way that migrations may: what is there stays.
const EXPANSIONS: [(Service, &str); 2] = [
    (
        Service::Auth,
        "alter table users add column if not exists locale text;
         alter table sessions add column if not exists device_name text;
         create table if not exists second_factors (
             id uuid primary key,
             user_id uuid not null references users (id) on delete cascade
         );
         insert into __diesel_schema_migrations (version) values ('99991231000001')
         on conflict do nothing;",
    ),
    (
        Service::Notes,
        "alter table notes add column if not exists pinned boolean not null default false;
         create index if not exists notes_pinned on notes (owner) where pinned;
         insert into __diesel_schema_migrations (version) values ('99991231000001')
         on conflict do nothing;",
    ),
];

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The present binaries serve on, and start on the newer schema too.
pub(crate) async fn expanded(world: &mut World) {
    let mut fault = world.fault("old binary on a newer schema", &[]);
    for (service, expansion) in EXPANSIONS {
        owner(world, service, service.database())
            .batch_execute(expansion)
            .unwrap();
    }
    world.recover(&mut fault, Instant::now()).await;
    for replica in 0..2 {
        let stack = &mut world.system.stack;
        for daemon in [
            &mut stack.auth_servers[replica],
            &mut stack.notes_apis[replica],
        ] {
            daemon.stop().unwrap();
            daemon.start().unwrap();
        }
    }
    world.recover(&mut fault, Instant::now()).await;
    fault.times = EXPANSIONS.len();
    world.conclude(fault).await;
}

/// One does it, and the other finds it done; both succeed.
pub(crate) async fn migrated_by_two_at_once(world: &mut World) {
    let mut fault = world.fault("two migrate at once", &[]);
    for round in 0..world.size.states {
        for service in Service::ALL {
            migrate_twice_at_once(
                world,
                service,
                &format!("race_{round}_{}", service.database()),
            );
            fault.times += 1;
        }
    }
    let times = fault.times;
    world.recover(&mut fault, Instant::now()).await;
    fault.times = times;
    world.conclude(fault).await;
}

fn migrate_twice_at_once(world: &World, service: Service, database: &str) {
    let server = world.system.stack.postgres.server();
    let create = format!("create database {database} owner {}", service.owner_role());
    server.connect().unwrap().batch_execute(&create).unwrap();
    // Nobody gets on while the test has the lock that they queue for.
    let mut holder = owner(world, service, database);
    holder
        .batch_execute(&format!("select pg_advisory_lock({LOCK})"))
        .unwrap();
    let racers = [0, 1].map(|_| migrate(world, service, database));
    wait::until("queueing for the lock", Duration::from_secs(30), || {
        let waiting: Number = sql_query(
            "select count(*) as number from pg_locks
             where locktype = 'advisory' and not granted
               and database = (select oid from pg_database where datname = current_database())",
        )
        .get_result(&mut holder)?;
        Ok((waiting.number == 2).then_some(()))
    })
    .unwrap();
    drop(holder);

    let logs = racers.map(|racer| {
        let output = racer.wait_with_output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{log}");
        log
    });
    let known: Number = sql_query("select count(*) as number from __diesel_schema_migrations")
        .get_result(&mut owner(world, service, database))
        .unwrap();
    let mut applied = logs.map(|log| log.matches(" applied ").count());
    applied.sort_unstable();
    assert_eq!(applied, [0, usize::try_from(known.number).unwrap()]);
    server.drop_database(database).unwrap();
}

/// As in the services.
const LOCK: i64 = i64::from_be_bytes(*b"latchkey");

fn migrate(world: &World, service: Service, database: &str) -> Child {
    migration(world, &world.system.settings.binaries, service, database)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What an operator calls to bring a database to the schema of a release.
pub(crate) fn migration(
    world: &World,
    release: &Binaries,
    service: Service,
    database: &str,
) -> Command {
    let (binary, variable) = match service {
        Service::Auth => ("auth-server", "AUTH_DATABASE_URL"),
        Service::Notes => ("notes-api", "NOTES_DATABASE_URL"),
    };
    let url = world
        .system
        .stack
        .postgres
        .server()
        .owner_url(service, database);
    let mut command = Command::new(release.path(binary));
    command.arg("migrate").env_clear().env(variable, url);
    command
}

fn owner(world: &World, service: Service, database: &str) -> PgConnection {
    let server = world.system.stack.postgres.server();
    PgConnection::establish(&server.owner_url(service, database)).unwrap()
}
