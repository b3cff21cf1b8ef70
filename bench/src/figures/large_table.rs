//! Refreshes in a table of millions of sessions, and in one of a thousand.

mod sessions;
mod visitor;

use std::{fs, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use auth_server::keys::master_key::MasterKeys;
use diesel::{Connection, PgConnection};
use local_run::{
    daemon::Daemon,
    postgres::{Cluster, ClusterSettings, Service},
    temporary::TemporaryDirectory,
};

use self::visitor::Visitor;
use super::latencies_plot;
use crate::{
    figure::{Figure, precise},
    load::{Load, Sample},
    query::{backends, flush_statistics, number},
    rounds::Rounds,
    usage::thread_seconds,
    world::World,
};

const CONNECTIONS: u32 = 16;
const FEW: u32 = 1_000;
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let directory = TemporaryDirectory::new("large-table")?;
    let many = world.effort.many_sessions;
    fill(world, &directory, [("large", many), ("small", FEW)])?;
    let cluster = Cluster::start(&settings(&directory, "on"))?;
    let mut large = Table::open(world, &cluster, "large", many)?;
    let mut small = Table::open(world, &cluster, "small", FEW)?;
    // A short round has too few answers to tell the hundredth part of them from.
    let rounds = Rounds::alternate(
        &world.effort.in_long_rounds(4),
        |lasts| large.refresh(lasts),
        |lasts| small.refresh(lasts),
    )?;
    let found = [large.found_in_buffers()?, small.found_in_buffers()?];
    let (mut all_large, mut all_small) = (Sample::empty()?, Sample::empty()?);
    for (in_large, in_small) in &rounds.pairs {
        all_large.add(in_large)?;
        all_small.add(in_small)?;
    }
    let figure = |id: &str, percentile: f64| {
        let (large_takes, small_takes) = rounds.each(|sample| sample.milliseconds_at(percentile));
        Figure::new(
            format!("large-table-{id}"),
            format!("refresh in a table of {many} sessions, {id}"),
            rounds.ratio(|sample| sample.milliseconds_at(percentile)),
        )
        .against(format!("in a table of {FEW}"))
        .at_most(1.2)
        .note(format!(
            "{:.2} ms in the large table, {:.2} ms in the small one.",
            large_takes.median, small_takes.median
        ))
    };
    let median = figure("p50", 50.0)
        .note(format!(
            "Sessions are picked at random from the whole table. {}; of the blocks that refreshes need \
             there, Postgres' buffers had {:.1} %, of the small table's {:.1} %.",
            large.size()?,
            found[0] * 100.0,
            found[1] * 100.0
        ))
        .note(format!(
            "Postgres spends {:.0} µs of a processor on a refresh in the large table, {:.0} µs in the small one.",
            large.cost(),
            small.cost()
        ))
        .plot(latencies_plot(&[
            ("large table", &all_large),
            ("small table", &all_small),
        ]));
    Ok(vec![median, figure("p99", 99.0)])
}

/// A Postgres for both tables.
fn settings(directory: &TemporaryDirectory, full_page_writes: &str) -> ClusterSettings {
    let mut settings = ClusterSettings::throwaway(directory.path());
    settings.parameters = vec![("full_page_writes".to_owned(), full_page_writes.to_owned())];
    settings
}

/// Makes the tables, by a Postgres that writes no images of pages. The one that is measured does, as one has
/// to that survives a power cut: random updates of a large table make many of them.
fn fill(world: &mut World, directory: &TemporaryDirectory, tables: [(&str, u32); 2]) -> Result<()> {
    let cluster = Cluster::start(&settings(directory, "off"))?;
    let server = cluster.server();
    server.bootstrap()?;
    for (name, sessions) in tables {
        server.create_database_from_template(Service::Auth, Service::Auth.database(), name)?;
        let owner = server.owner_url(Service::Auth, name);
        let mut migrating = world.another_auth_server(&[("AUTH_DATABASE_URL", &owner)])?;
        let migrating = migrating.program_mut();
        migrating.arguments = vec!["migrate".into()];
        migrating.start()?.finish(MIGRATION_TIMEOUT)?;
        let mut database = PgConnection::establish(&server.superuser_url(name))?;
        sessions::insert(&mut database, sessions)?;
    }
    Ok(())
}

/// A table of sessions, an auth server in front of it, and who refreshes them.
struct Table {
    database: PgConnection,
    auth_server: Daemon,
    load: Load<Visitor>,
    blocks_before: Blocks,
    seconds_of_postgres: f64,
    refreshes: u64,
}

impl Table {
    fn open(world: &mut World, cluster: &Cluster, name: &str, sessions: u32) -> Result<Self> {
        let server = cluster.server();
        let mut database = PgConnection::establish(&server.superuser_url(name))?;
        let service = server.service_url(Service::Auth, name);
        let mut auth_server = world.another_auth_server(&[("AUTH_DATABASE_URL", &service)])?;
        auth_server.start()?;
        let keys = Arc::new(master_keys(&mut auth_server)?);
        let visitor = |number| Visitor::new(Arc::clone(&keys), number, CONNECTIONS, sessions);
        let load = Load::new(auth_server.port(), (0..CONNECTIONS).map(visitor))?;
        Ok(Self {
            blocks_before: Blocks::read(&mut database)?,
            database,
            auth_server,
            load,
            seconds_of_postgres: 0.0,
            refreshes: 0,
        })
    }

    fn refresh(&mut self, lasts: Duration) -> Result<Sample> {
        let backends = backends(&mut self.database)?;
        let before = thread_seconds(&backends, |_| true)?;
        let sample = self.load.run(lasts)?;
        self.seconds_of_postgres += thread_seconds(&backends, |_| true)? - before;
        self.refreshes += sample.latencies.len();
        Ok(sample)
    }

    /// Microseconds of a processor that Postgres spends on a refresh.
    fn cost(&self) -> f64 {
        self.seconds_of_postgres * 1e6 / precise(self.refreshes)
    }

    /// Which part of the blocks that were needed was in Postgres' buffers. Ends the auth server.
    fn found_in_buffers(&mut self) -> Result<f64> {
        flush_statistics(&mut self.auth_server, &mut self.database)?;
        let now = Blocks::read(&mut self.database)?;
        let found = now.found - self.blocks_before.found;
        let read = now.read - self.blocks_before.read;
        Ok(precise(found) / precise(found + read))
    }

    /// How large it is.
    fn size(&mut self) -> Result<String> {
        let mut megabytes = |relation: &str| {
            let query = format!("select {relation}('sessions') / 1000000 as number");
            number(&mut self.database, &query)
        };
        Ok(format!(
            "It takes {} MB and its indexes {} MB",
            megabytes("pg_table_size")?,
            megabytes("pg_indexes_size")?
        ))
    }
}

/// Blocks of tables and indexes that were needed, ever.
struct Blocks {
    found: i64,
    read: i64,
}

impl Blocks {
    fn read(database: &mut PgConnection) -> Result<Self> {
        let mut sum = |what: &str| {
            let query = format!(
                "select sum(heap_blks_{what} + idx_blks_{what})::bigint as number
                 from pg_statio_user_tables where relname in ('sessions', 'users')"
            );
            number(database, &query)
        };
        Ok(Self {
            found: sum("hit")?,
            read: sum("read")?,
        })
    }
}

fn master_keys(auth_server: &mut Daemon) -> Result<MasterKeys> {
    let mut environment = auth_server.program_mut().environment.iter();
    let (_, path) = environment
        .find(|(name, _)| name == "AUTH_MASTER_KEYS_FILE")
        .context("an auth server without a file of master keys")?;
    Ok(MasterKeys::parse(&fs::read_to_string(path)?)?)
}
