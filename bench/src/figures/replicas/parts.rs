//! Who uses how much of the processors.

use std::{fs, time::Instant};

use anyhow::{Context, Result};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use local_run::postgres::Server;

use crate::{slow_line::SlowLine, usage, world::World};

/// What each part of [`Seconds`] is of.
pub(super) const PARTS: [&str; 4] = ["auth servers", "Postgres", "line", "load"];
/// Processor time of each part.
pub(super) type Seconds = [f64; PARTS.len()];

const ROUND_TRIPS: u32 = 100;

/// The processes beside the replicas.
pub(super) struct Parts {
    own: u32,
    server: Server,
    postmaster: u32,
    postgres: Vec<u32>,
}

impl Parts {
    /// This process, and those of Postgres.
    pub(super) fn find(world: &World) -> Result<Self> {
        let status_file = world.stack.postgres.data_directory().join("postmaster.pid");
        let status = fs::read_to_string(status_file)?;
        let postmaster = status.lines().next().context("an empty postmaster.pid")?;
        let mut parts = Self {
            own: std::process::id(),
            server: world.stack.postgres.server().clone(),
            postmaster: postmaster.trim().parse()?,
            postgres: Vec::new(),
        };
        parts.find_postgres()?;
        Ok(parts)
    }

    /// Finds the processes that Postgres has now.
    pub(super) fn find_postgres(&mut self) -> Result<()> {
        self.postgres = usage::children(self.postmaster)?;
        self.postgres.push(self.postmaster);
        Ok(())
    }

    /// Has all of them run on these processors.
    pub(super) fn pin(&self, processors: &[u32]) -> Result<()> {
        let mut processes = self.postgres.iter().chain([&self.own]);
        processes.try_for_each(|process| usage::pin(*process, processors))
    }

    /// What has been used so far, also by these replicas.
    pub(super) fn used(&self, replicas: &[u32]) -> Result<Seconds> {
        let line = |name: &str| name.starts_with(SlowLine::THREADS);
        let line = usage::thread_seconds(&[self.own], line)?;
        Ok([
            usage::thread_seconds(replicas, |_| true)?,
            usage::thread_seconds(&self.postgres, |_| true)?,
            line,
            usage::own_seconds()? - line,
        ])
    }

    /// The milliseconds that this line adds to a round trip.
    pub(super) fn round_trip(&self, line: &SlowLine) -> Result<f64> {
        let far = milliseconds(&self.server.through(line.port()))?;
        Ok(far - milliseconds(&self.server)?)
    }
}

/// One round trip to Postgres.
fn milliseconds(server: &Server) -> Result<f64> {
    let mut connection = PgConnection::establish(&server.superuser_url("postgres"))?;
    let started = Instant::now();
    for _ in 0..ROUND_TRIPS {
        connection.batch_execute("select")?;
    }
    Ok(started.elapsed().as_secs_f64() * 1_000.0 / f64::from(ROUND_TRIPS))
}
