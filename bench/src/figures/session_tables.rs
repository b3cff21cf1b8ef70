//! Two tables of sessions in one Postgres, each with an auth server in front of it, that are refreshed in turn.

mod sessions;
mod visitor;

use std::{fs, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use auth_server::keys::master_key::MasterKeys;
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use local_run::{
    daemon::Daemon,
    postgres::{Cluster, ClusterSettings, Service},
    temporary::TemporaryDirectory,
};

use self::visitor::Visitor;
use super::latencies_plot;
use crate::{
    figure::{Figure, Plot, precise},
    load::{Load, Sample},
    query::{backends, flush_statistics, number},
    rounds::Rounds,
    usage::thread_seconds,
    world::World,
};

const CONNECTIONS: u32 = 16;
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);

/// A table to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// The name of its database, and in notes and drawings.
    pub(super) name: &'static str,
    /// Its rows.
    pub(super) sessions: u32,
    /// What changes the table once it is filled: SQL.
    pub(super) change: Option<&'static str>,
}

/// How refreshes went in two tables.
pub(super) struct Comparison {
    rounds: Rounds<Sample>,
    /// The first one, and the one that it is compared with.
    pub(super) tables: [Observed; 2],
}

/// A table after all rounds.
pub(super) struct Observed {
    shape: Shape,
    all: Sample,
    /// Megabytes of the table.
    pub(super) table: i64,
    /// Megabytes of its indexes.
    pub(super) indexes: i64,
    /// Which part of the blocks that refreshes needed was in Postgres' buffers.
    pub(super) found_in_buffers: f64,
    /// Microseconds of a processor that Postgres spends on a refresh.
    pub(super) cost: f64,
}

/// Refreshes sessions picked at random from the whole of either table.
pub(super) fn compare(world: &mut World, shapes: [Shape; 2]) -> Result<Comparison> {
    let directory = TemporaryDirectory::new("session-tables")?;
    fill(world, &directory, shapes)?;
    let cluster = Cluster::start(&settings(&directory, "on"))?;
    let mut measured = Table::open(world, &cluster, shapes[0])?;
    let mut compared = Table::open(world, &cluster, shapes[1])?;
    // A short round has too few answers to tell the hundredth part of them from.
    let rounds = Rounds::alternate(
        &world.effort.in_long_rounds(4),
        |lasts| measured.refresh(lasts),
        |lasts| compared.refresh(lasts),
    )?;
    let samples_of = |side: fn(&(Sample, Sample)) -> &Sample| rounds.pairs.iter().map(side);
    let tables = [
        measured.observe(samples_of(|pair| &pair.0))?,
        compared.observe(samples_of(|pair| &pair.1))?,
    ];
    Ok(Comparison { rounds, tables })
}

impl Comparison {
    /// The ratio of the times to an answer at this percentile, told in milliseconds, too.
    pub(super) fn figure(&self, id: &str, what: &str, percentile: f64) -> Figure {
        let [measured, compared] = self.tables.each_ref().map(|table| table.shape.name);
        let (takes, other_takes) = self
            .rounds
            .each(|sample| sample.milliseconds_at(percentile));
        Figure::new(
            id,
            what,
            self.rounds
                .ratio(|sample| sample.milliseconds_at(percentile)),
        )
        .note(format!(
            "{:.2} ms in the {measured} table, {:.2} ms in the {compared} one.",
            takes.median, other_takes.median
        ))
    }

    /// What Postgres spends on a refresh, in a sentence.
    pub(super) fn costs(&self) -> String {
        let [measured, compared] = &self.tables;
        format!(
            "Postgres spends {:.0} µs of a processor on a refresh in the {} table, {:.0} µs in the {} one.",
            measured.cost, measured.shape.name, compared.cost, compared.shape.name
        )
    }

    /// How long answers took.
    pub(super) fn plot(&self) -> Plot {
        let labels = self
            .tables
            .each_ref()
            .map(|table| format!("{} table", table.shape.name));
        let [measured, compared] = &self.tables;
        latencies_plot(&[(&labels[0], &measured.all), (&labels[1], &compared.all)])
    }
}

/// A Postgres for both tables.
fn settings(directory: &TemporaryDirectory, full_page_writes: &str) -> ClusterSettings {
    let mut settings = ClusterSettings::throwaway(directory.path());
    settings.parameters = vec![("full_page_writes".to_owned(), full_page_writes.to_owned())];
    settings
}

/// Makes the tables, by a Postgres that writes no images of pages. The one that is measured does, as one has
/// to that survives a power cut: random updates of a large table make many of them.
fn fill(world: &mut World, directory: &TemporaryDirectory, shapes: [Shape; 2]) -> Result<()> {
    let cluster = Cluster::start(&settings(directory, "off"))?;
    let server = cluster.server();
    server.bootstrap()?;
    for shape in shapes {
        let name = shape.name;
        server.create_database_from_template(Service::Auth, Service::Auth.database(), name)?;
        let owner = server.owner_url(Service::Auth, name);
        let mut migrating = world.another_auth_server(&[("AUTH_DATABASE_URL", &owner)])?;
        let migrating = migrating.program_mut();
        migrating.arguments = vec!["migrate".into()];
        migrating.start()?.finish(MIGRATION_TIMEOUT)?;
        let mut database = PgConnection::establish(&server.superuser_url(name))?;
        sessions::insert(&mut database, shape.sessions)?;
        if let Some(change) = shape.change {
            PgConnection::establish(&owner)?.batch_execute(change)?;
        }
        database.batch_execute("vacuum (freeze, analyze)")?;
    }
    Ok(())
}

/// A table of sessions, an auth server in front of it, and who refreshes them.
struct Table {
    shape: Shape,
    database: PgConnection,
    auth_server: Daemon,
    load: Load<Visitor>,
    blocks_before: Blocks,
    seconds_of_postgres: f64,
    refreshes: u64,
}

impl Table {
    fn open(world: &mut World, cluster: &Cluster, shape: Shape) -> Result<Self> {
        let server = cluster.server();
        let mut database = PgConnection::establish(&server.superuser_url(shape.name))?;
        let service = server.service_url(Service::Auth, shape.name);
        let mut auth_server = world.another_auth_server(&[("AUTH_DATABASE_URL", &service)])?;
        auth_server.start()?;
        let keys = Arc::new(master_keys(&mut auth_server)?);
        let visitor = |number| Visitor::new(Arc::clone(&keys), number, CONNECTIONS, shape.sessions);
        let load = Load::new(auth_server.port(), (0..CONNECTIONS).map(visitor))?;
        Ok(Self {
            shape,
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

    /// What came of it. Ends the auth server.
    fn observe<'a>(mut self, samples: impl Iterator<Item = &'a Sample>) -> Result<Observed> {
        let mut all = Sample::empty()?;
        for sample in samples {
            all.add(sample)?;
        }
        flush_statistics(&mut self.auth_server, &mut self.database)?;
        let now = Blocks::read(&mut self.database)?;
        let found = now.found - self.blocks_before.found;
        let read = now.read - self.blocks_before.read;
        let mut megabytes = |size: &str| {
            let query = format!(
                "select sum({size}(relid))::bigint / 1000000 as number
                 from pg_statio_user_tables where relname like 'sessions%'"
            );
            number(&mut self.database, &query)
        };
        Ok(Observed {
            shape: self.shape,
            all,
            table: megabytes("pg_table_size")?,
            indexes: megabytes("pg_indexes_size")?,
            found_in_buffers: precise(found) / precise(found + read),
            cost: self.seconds_of_postgres * 1e6 / precise(self.refreshes),
        })
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
                 from pg_statio_user_tables where relname like 'sessions%' or relname = 'users'"
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
