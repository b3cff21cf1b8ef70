//! One, two and four replicas of the auth server before a Postgres that is a millisecond away.
//!
//! The replicas share one processor; Postgres, the line to it and the load share another. So more replicas
//! show what it costs them to share a database, and the processor time of each part tells what would be used
//! up next if every replica had a processor of its own.

mod parts;

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use local_run::{daemon::Daemon, postgres::Service};

use self::parts::{PARTS, Parts, Seconds};
use super::refresh::Chain;
use crate::{
    figure::{Curve, Figure, Form, Plot, Spread},
    load::{Load, Sample, join},
    slow_line::SlowLine,
    usage::processors,
    world::{Session, World},
};

/// How many are compared, each with the first.
const NUMBERS: [u8; 3] = [1, 2, 4];
const CONNECTIONS_EACH: u32 = 16;
/// Half of a round trip.
const DELAY: Duration = Duration::from_micros(500);

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let usual = processors()?;
    ensure!(
        usual.len() > 1,
        "replicas and database want a processor each"
    );
    let line = SlowLine::to(world.stack.postgres.server().address(), DELAY)?;
    let people = world.people(u32::from(NUMBERS[2]) * CONNECTIONS_EACH)?;
    let mut parts = Parts::find(world)?;
    parts.pin(&usual[1..2])?;
    let mut replicas = people
        .chunks(usize::try_from(CONNECTIONS_EACH)?)
        .map(|sessions| Replica::start(world, &line, usual[0], sessions))
        .collect::<Result<Vec<_>>>()?;
    let mut runs = NUMBERS.map(Run::of);
    for run in &runs {
        run.refresh(&mut replicas, world.effort.warm_up)?;
    }
    // Those that serve the replicas have come meanwhile.
    parts.find_postgres()?;
    parts.pin(&usual[1..2])?;
    let effort = world.effort.in_long_rounds(3);
    for _ in 0..effort.rounds {
        for run in &mut runs {
            run.add_round(&mut replicas, &mut parts, effort.round)?;
        }
    }
    let added = parts.round_trip(&line)?;
    parts.pin(&usual)?;
    let [one, two, four] = &runs;
    let most = four
        .compared_with(one)
        .note(four.budget())
        .note(format!("The line adds {added:.2} ms to a round trip."))
        .plot(rates(&runs))
        .plot(costs(&runs));
    Ok(vec![two.compared_with(one), most])
}

/// A replica behind the line, and those who refresh there.
struct Replica {
    server: Daemon,
    load: Load<Chain>,
}

impl Replica {
    fn start(
        world: &mut World,
        line: &SlowLine,
        processor: u32,
        sessions: &[Session],
    ) -> Result<Self> {
        let server = world.stack.postgres.server().through(line.port());
        let url = server.service_url(Service::Auth, Service::Auth.database());
        let mut server = world.another_auth_server(&[("AUTH_DATABASE_URL", &url)])?;
        // From its beginning, so that it starts as many threads as it has processors.
        let program = server.program_mut();
        let path = std::mem::replace(&mut program.path, "taskset".into());
        let pinned = [
            "--cpu-list".into(),
            processor.to_string().into(),
            path.into(),
        ];
        program.arguments.splice(0..0, pinned);
        server.start()?;
        let load = Load::new(server.port(), sessions.iter().cloned().map(Chain::new))?;
        Ok(Self { server, load })
    }
}

/// What came of so many replicas.
struct Run {
    number: u8,
    /// Refreshes a second, round by round.
    rates: Vec<f64>,
    refreshes: f64,
    lasted: f64,
    used: Seconds,
}

impl Run {
    fn of(number: u8) -> Self {
        Self {
            number,
            rates: Vec::new(),
            refreshes: 0.0,
            lasted: 0.0,
            used: Seconds::default(),
        }
    }

    /// Refreshes at the first so many of these replicas.
    fn refresh(&self, replicas: &mut [Replica], lasts: Duration) -> Result<Vec<Sample>> {
        let used = replicas.iter_mut().take(self.number.into());
        thread::scope(|scope| {
            let loads: Vec<_> = used
                .map(|replica| scope.spawn(|| replica.load.run(lasts)))
                .collect();
            loads.into_iter().map(join).collect()
        })
    }

    fn add_round(
        &mut self,
        replicas: &mut [Replica],
        parts: &mut Parts,
        lasts: Duration,
    ) -> Result<()> {
        let servers = |replicas: &[Replica]| -> Vec<u32> {
            let processes = replicas
                .iter()
                .filter_map(|replica| replica.server.process_id());
            processes.collect()
        };
        let before = parts.used(&servers(replicas))?;
        let began = Instant::now();
        let samples = self.refresh(replicas, lasts)?;
        let lasted = began.elapsed().as_secs_f64();
        let after = parts.used(&servers(replicas))?;
        for (sum, (after, before)) in self.used.iter_mut().zip(after.into_iter().zip(before)) {
            *sum += after - before;
        }
        self.rates.push(samples.iter().map(Sample::rate).sum());
        self.lasted += lasted;
        self.refreshes += samples.iter().map(Sample::answers).sum::<f64>();
        Ok(())
    }

    fn compared_with(&self, one: &Self) -> Figure {
        let pairs = self.rates.iter().zip(&one.rates);
        let (rate, rate_of_one) = (self.rate(), one.rate());
        Figure::new(
            format!("replicas-{}", self.number),
            format!(
                "refreshes/s of {} replicas on one processor, 1 ms from their database",
                self.number
            ),
            Spread::of(pairs.map(|(rate, of_one)| rate / of_one).collect()),
        )
        .against("one replica on that processor")
        .note(format!(
            "{rate:.0} refreshes/s; one replica {rate_of_one:.0}/s."
        ))
    }

    fn rate(&self) -> f64 {
        Spread::of(self.rates.clone()).median
    }

    /// Microseconds of a processor that each part spends on a refresh.
    fn costs(&self) -> Seconds {
        self.used.map(|seconds| seconds / self.refreshes * 1e6)
    }

    /// Where the next limit is.
    fn budget(&self) -> String {
        let [servers, postgres, line, load] = self.costs();
        let theirs = self.used[0] / self.lasted;
        let others = self.used[1..].iter().sum::<f64>() / self.lasted;
        format!(
            "A refresh takes {servers:.0} µs of a processor in the auth servers, {postgres:.0} µs in Postgres, \
             {line:.0} µs in the line and {load:.0} µs in the load. The auth servers' processor was busy for \
             {:.0} % of the time, the other one for {:.0} %. With a processor for each replica, one processor \
             of Postgres would feed {:.1} replicas.",
            theirs * 100.0,
            others * 100.0,
            servers / postgres
        )
    }
}

fn rates(runs: &[Run]) -> Plot {
    let points = runs.iter().map(|run| (f64::from(run.number), run.rate()));
    Plot {
        id: "rate".to_owned(),
        title: "Refreshes by replicas that share a processor".to_owned(),
        x: "replicas".to_owned(),
        y: "refreshes/s".to_owned(),
        form: Form::Lines,
        curves: vec![Curve {
            label: "all replicas".to_owned(),
            points: points.collect(),
        }],
    }
}

fn costs(runs: &[Run]) -> Plot {
    let curve = |(part, label): (usize, &str)| Curve {
        label: label.to_owned(),
        points: runs
            .iter()
            .map(|run| (f64::from(run.number), run.costs()[part]))
            .collect(),
    };
    Plot {
        id: "cost".to_owned(),
        title: "Processor time of a refresh, by part".to_owned(),
        x: "replicas".to_owned(),
        y: "µs".to_owned(),
        form: Form::Lines,
        curves: PARTS.into_iter().enumerate().map(curve).collect(),
    }
}
