//! A load, and what it cost the server.

use anyhow::{Context, Result};
use local_run::daemon::Daemon;

use crate::{load::Sample, rounds::Rounds, usage::thread_seconds};

/// What came of a round, and the processor time that the server spent on it.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) sample: Sample,
    server_seconds: f64,
}

impl Served {
    /// By this process.
    pub(crate) fn by(server: &Daemon, load: impl FnOnce() -> Result<Sample>) -> Result<Self> {
        let process = [server.process_id().context("the server has ended")?];
        let before = thread_seconds(&process, |_| true)?;
        let sample = load()?;
        Ok(Self {
            sample,
            server_seconds: thread_seconds(&process, |_| true)? - before,
        })
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.sample.rate()
    }

    /// Of a processor, in the server, for one answer.
    pub(crate) fn microseconds_each(&self) -> f64 {
        self.server_seconds * 1e6 / self.sample.answers()
    }
}

/// What both sides give and cost.
pub(crate) fn told(rounds: &Rounds<Served>, what: &str, compared: &str) -> String {
    let (rate, compared_rate) = rounds.each(Served::rate);
    let (cost, compared_cost) = rounds.each(Served::microseconds_each);
    let ratio = rounds.ratio(|served| 1.0 / served.microseconds_each());
    format!(
        "{:.0} {what}, {:.1} µs of a processor each in the server; {compared} {:.0} and {:.1} µs. Of the server's \
         processor time alone the ratio would be {:.3}.",
        rate.median, cost.median, compared_rate.median, compared_cost.median, ratio.median
    )
}
