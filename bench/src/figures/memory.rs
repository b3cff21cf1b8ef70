//! Memory of the services: at rest, and under a mixed load that goes on for a while.

mod people;

use std::{thread, time::Duration};

use anyhow::Result;
use local_run::daemon::Daemon;
use shared_claims::Verifier;

use self::people::{LatestTokens, Member, Writer};
use super::login::LogIn;
use crate::{
    effort::Effort,
    figure::{Curve, Figure, Form, Plot, Spread},
    load::{Load, join},
    usage::Memory,
    world::World,
};

const PEOPLE: u32 = 16;
/// Between two calls of one person at one service.
const PACE: Duration = Duration::from_millis(20);
const BETWEEN_LOGINS: Duration = Duration::from_secs(1);
/// After the start, before a service is called idle: by then it has done all that it does at once.
const SETTLING: Duration = Duration::from_secs(2);

const IDLE_BAR: f64 = 20.0;
const LOAD_BAR: f64 = 60.0;
const GROWTH_BAR: f64 = 1.05;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let mut services = Services {
        auth_server: world.another_auth_server(&[])?,
        notes_api: world.another_notes_api()?,
    };
    services.auth_server.start()?;
    services.notes_api.start()?;
    pause(SETTLING)?;
    let idle = services.memory()?;

    let mut load = MixedLoad::new(world, &services)?;
    let mut looks = Vec::new();
    let mut tokens = Vec::new();
    let Effort {
        soak, looks: times, ..
    } = world.effort;
    for _ in 0..times {
        tokens.push(load.run(soak / times)?);
        looks.push(services.memory()?);
    }
    // A cache that still fills grows, and says nothing of what comes later.
    let distinct: usize = tokens[..tokens.len() / 2].iter().sum();
    let settled = distinct >= Verifier::DEFAULT_CACHE_CAPACITY;

    let mut figures = Vec::new();
    for (index, name) in ["auth-server", "notes-api"].into_iter().enumerate() {
        let service = Soaked {
            name,
            idle: idle[index],
            looks: looks.iter().map(|look| look[index]).collect(),
            lasted: soak,
            between_looks: soak / times,
        };
        figures.extend([
            service.at_rest(),
            service.under_load(),
            service.growth(settled),
        ]);
    }
    Ok(figures)
}

/// Fresh processes: those of the stack have served other measurements.
struct Services {
    auth_server: Daemon,
    notes_api: Daemon,
}

impl Services {
    fn memory(&self) -> Result<[Memory; 2]> {
        Ok([Memory::of(&self.auth_server)?, Memory::of(&self.notes_api)?])
    }
}

/// People who refresh, have tokens verified, read and write notes; and some who log in.
struct MixedLoad {
    members: Load<Member>,
    writers: Load<Writer>,
    logins: Load<LogIn>,
}

impl MixedLoad {
    /// Registers them with the very server that is measured, since that takes memory too.
    fn new(world: &mut World, services: &Services) -> Result<Self> {
        let auth_port = services.auth_server.port();
        let people = world.people_of(auth_port, PEOPLE)?;
        let tokens = LatestTokens::of(&people);
        let logins = people[..1].iter().cloned().map(LogIn::new);
        Ok(Self {
            logins: Load::new(auth_port, logins)?,
            writers: Load::new(services.notes_api.port(), Writer::all(&tokens))?,
            members: Load::new(auth_port, Member::all(people, &tokens))?,
        })
    }

    /// Lets all of them go on for so long. Says how many tokens were new.
    fn run(&mut self, lasts: Duration) -> Result<usize> {
        let Self {
            members,
            writers,
            logins,
        } = self;
        let called = thread::scope(|scope| {
            let calling = scope.spawn(|| members.run_paced(lasts, PACE));
            let writing = scope.spawn(|| writers.run_paced(lasts, PACE));
            let logging_in = scope.spawn(|| logins.run_paced(lasts, BETWEEN_LOGINS));
            join(logging_in)?;
            join(writing)?;
            join(calling)
        })?;
        Ok(usize::try_from(called.latencies.len())? / Member::CALLS_PER_TOKEN)
    }
}

/// What became of one service.
struct Soaked {
    name: &'static str,
    idle: Memory,
    looks: Vec<Memory>,
    lasted: Duration,
    between_looks: Duration,
}

impl Soaked {
    fn at_rest(&self) -> Figure {
        let Self { name, idle, .. } = self;
        Figure::new(
            format!("memory-idle-{name}"),
            format!("resident memory of {name}, idle"),
            Spread::of(vec![idle.resident]),
        )
        .in_unit("MB")
        .at_most(IDLE_BAR)
        .note(format!("{idle}."))
    }

    fn under_load(&self) -> Figure {
        let Self { name, lasted, .. } = self;
        let [.., last_quarter] = self.quarters();
        let figure = Figure::new(
            format!("memory-load-{name}"),
            format!("resident memory of {name} under a mixed load of {lasted:?}"),
            resident(last_quarter),
        )
        .in_unit("MB")
        .at_most(LOAD_BAR)
        .plot(self.plot());
        match last_quarter.last() {
            Some(look) => figure.note(format!("At the end {look}.")),
            None => figure,
        }
    }

    fn growth(&self, settled: bool) -> Figure {
        let Self { name, .. } = self;
        let [.., third, last] = self.quarters().map(|looks| resident(looks).median);
        let figure = Figure::new(
            format!("memory-growth-{name}"),
            format!("resident memory of {name} in the last quarter of the load"),
            Spread::of(vec![last / third]),
        )
        .against("in the quarter before");
        if settled {
            figure
                .at_most(GROWTH_BAR)
                .note(format!("{third:.2} MB, then {last:.2} MB."))
        } else {
            figure.note("Too short to judge: the caches of verified tokens are not full yet.")
        }
    }

    /// The looks in four equal parts.
    fn quarters(&self) -> [&[Memory]; 4] {
        let quarter = self.looks.len() / 4;
        [0, 1, 2, 3].map(|number| &self.looks[number * quarter..(number + 1) * quarter])
    }

    fn plot(&self) -> Plot {
        let curve = |label: &str, part: fn(&Memory) -> f64| Curve {
            label: label.to_owned(),
            points: (1..)
                .map(|look| (self.between_looks * look).as_secs_f64())
                .zip(self.looks.iter().map(part))
                .collect(),
        };
        Plot {
            id: "over-time".to_owned(),
            title: format!("Memory of {} under load", self.name),
            x: "s".to_owned(),
            y: "MB".to_owned(),
            form: Form::Lines,
            curves: vec![
                curve("resident", |look| look.resident),
                curve("of that, heap and stacks", |look| look.anonymous),
            ],
        }
    }
}

fn resident(looks: &[Memory]) -> Spread {
    Spread::of(looks.iter().map(|look| look.resident).collect())
}

fn pause(lasts: Duration) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(async { tokio::time::sleep(lasts).await });
    Ok(())
}
