//! Load: connections that ask one request after the other, each as soon as the last was answered.
//!
//! One thread drives all connections, so that it leaves as much of the machine as it can to what is measured.
//! Every answer is looked at; one that is not as expected fails the run.

use std::{
    net::SocketAddr,
    thread::ScopedJoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{self, Runtime},
    task::JoinSet,
    time::{MissedTickBehavior, interval_at, timeout, timeout_at},
};

use crate::{
    caller::{Answer, Caller},
    figure::precise,
};

/// Longer than any answer takes that can still be called one.
const PATIENCE: Duration = Duration::from_secs(30);

/// Callers with a connection each, for as long as they call.
pub(crate) struct Load<C> {
    runtime: Runtime,
    address: SocketAddr,
    callers: Vec<C>,
}

/// What came of a round.
#[derive(Debug)]
pub(crate) struct Sample {
    /// From the first request to the last answer.
    pub(crate) lasted: Duration,
    /// How long each answer took, in microseconds.
    pub(crate) latencies: Histogram<u64>,
}

impl Sample {
    /// How many answers there were.
    pub(crate) fn answers(&self) -> f64 {
        precise(self.latencies.len())
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.answers() / self.lasted.as_secs_f64()
    }

    /// How long an answer took at this percentile, in milliseconds.
    pub(crate) fn milliseconds_at(&self, percentile: f64) -> f64 {
        precise(self.latencies.value_at_percentile(percentile)) / 1_000.0
    }

    /// Of nothing yet.
    pub(crate) fn empty() -> Result<Self> {
        Ok(Self {
            lasted: Duration::ZERO,
            latencies: histogram()?,
        })
    }

    /// Takes another one in.
    pub(crate) fn add(&mut self, other: &Self) -> Result<()> {
        self.lasted += other.lasted;
        self.latencies.add(&other.latencies)?;
        Ok(())
    }
}

/// What came of a load on a thread of its own.
pub(crate) fn join(load: ScopedJoinHandle<'_, Result<Sample>>) -> Result<Sample> {
    load.join().map_err(|_| anyhow!("a load broke off"))?
}

impl<C: Caller> Load<C> {
    /// Callers of the server at this port of 127.0.0.1.
    pub(crate) fn new(port: u16, callers: impl IntoIterator<Item = C>) -> Result<Self> {
        Ok(Self {
            runtime: runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            callers: callers.into_iter().collect(),
        })
    }

    /// Lets all of them call for so long, each as soon as its last call was answered. A request that is under way
    /// then is still answered.
    pub(crate) fn run(&mut self, lasts: Duration) -> Result<Sample> {
        self.drive(Limit::For(lasts))
    }

    /// Lets all of them call for so long, each at this pace. A call whose time comes before the last one was
    /// answered is left out, but counted as one that waited all the while: otherwise a stall of a hundred calls
    /// would be one slow answer.
    pub(crate) fn run_paced(&mut self, lasts: Duration, pace: Duration) -> Result<Sample> {
        self.drive(Limit::AtPace { lasts, pace })
    }

    /// Lets each of them call so many times.
    pub(crate) fn run_times(&mut self, times: u64) -> Result<Sample> {
        self.drive(Limit::Times(times))
    }

    /// The callers as they are now, in the order in which they came.
    pub(crate) fn into_callers(self) -> Vec<C> {
        self.callers
    }

    fn drive(&mut self, limit: Limit) -> Result<Sample> {
        let callers = std::mem::take(&mut self.callers);
        self.runtime.block_on(async {
            let mut connections = Vec::new();
            for caller in callers {
                connections.push(Connection::open(self.address, caller).await?);
            }
            let connected = u32::try_from(connections.len())?.max(1);
            let started = Instant::now();
            let mut under_way = JoinSet::new();
            for (number, mut connection) in (0_u32..).zip(connections) {
                let turn = f64::from(number) / f64::from(connected);
                under_way.spawn(async move {
                    let latencies = connection.call(started, limit, turn).await;
                    (number, connection.caller, latencies)
                });
            }
            let mut latencies = histogram()?;
            let mut back = Vec::new();
            while let Some(ended) = under_way.join_next().await {
                let (number, caller, own) = ended?;
                latencies.add(own?)?;
                back.push((number, caller));
            }
            let lasted = started.elapsed();
            back.sort_by_key(|(number, _)| *number);
            self.callers = back.into_iter().map(|(_, caller)| caller).collect();
            Ok(Sample { lasted, latencies })
        })
    }
}

/// When callers stop.
#[derive(Clone, Copy)]
enum Limit {
    For(Duration),
    AtPace { lasts: Duration, pace: Duration },
    Times(u64),
}

struct Connection<C> {
    stream: TcpStream,
    caller: C,
    request: Vec<u8>,
    received: Vec<u8>,
}

impl<C: Caller> Connection<C> {
    async fn open(address: SocketAddr, caller: C) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            caller,
            request: Vec::new(),
            received: Vec::new(),
        })
    }

    /// Calls until the limit is reached. Those that keep a pace take turns: `turn` is a part of it.
    async fn call(&mut self, started: Instant, limit: Limit, turn: f64) -> Result<Histogram<u64>> {
        let mut latencies = histogram()?;
        match limit {
            Limit::For(lasts) => {
                while started.elapsed() < lasts {
                    latencies.record(self.ask().await?)?;
                }
            }
            Limit::AtPace { lasts, pace } => {
                let end = (started + lasts).into();
                let mut ticks = interval_at((started + pace.mul_f64(turn)).into(), pace);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
                let between = u64::try_from(pace.as_micros())?;
                while started.elapsed() < lasts && timeout_at(end, ticks.tick()).await.is_ok() {
                    latencies.record_correct(self.ask().await?, between)?;
                }
            }
            Limit::Times(times) => {
                for _ in 0..times {
                    latencies.record(self.ask().await?)?;
                }
            }
        }
        Ok(latencies)
    }

    /// Calls once. Says how many microseconds the answer took.
    async fn ask(&mut self) -> Result<u64> {
        self.request.clear();
        self.caller.ask(&mut self.request);
        let asked = Instant::now();
        self.stream.write_all(&self.request).await?;
        let answered = timeout(PATIENCE, self.answer())
            .await
            .context("no answer")??;
        Ok(u64::try_from((answered - asked).as_micros())?)
    }

    /// Receives one answer, whole, and has the caller look at it. Says when it was there.
    async fn answer(&mut self) -> Result<Instant> {
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the connection was closed in place of an answer");
            }
            if let Some(answer) = Answer::parse(&self.received)? {
                let answered = Instant::now();
                self.caller
                    .check(&answer)
                    .map_err(|error| anyhow!("{error}; the answer: {}", answer.for_people()))?;
                return Ok(answered);
            }
        }
    }
}

fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new(3)?)
}
