//! Measures Latchkey against bare handlers on the same machine: `make bench`, `make bench-quick`.
//!
//! Each figure is a ratio of two things that were measured alternately in the same run, since absolute
//! numbers say little on a machine that others use too. `docs/performance.md` explains the figures.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are for the one who runs it"
)]

mod caller;
mod effort;
mod figure;
mod figures;
mod load;
mod profile;
mod query;
mod report;
mod rounds;
mod served;
mod slow_line;
mod usage;
mod world;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::{Result, bail};
use clap::Parser;

use crate::{
    effort::Effort,
    figure::Figure,
    figures::{MEASUREMENTS, Measurement},
    report::{Machine, Run, Source, table},
    world::World,
};

/// Measures Latchkey against bare handlers on this machine.
#[derive(Debug, Parser)]
struct CommandLine {
    /// Short rounds and small tables, and nothing that has no bar: under two minutes, for every day.
    #[arg(long)]
    quick: bool,

    /// These measurements, separated by commas, and no others.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// Writes the data of the run, and what is told and drawn of them, into this directory.
    #[arg(long, value_name = "DIRECTORY", overrides_with = "out")]
    out: Option<PathBuf>,

    /// Measures nothing: tells and draws the data of an earlier run again.
    #[arg(long, value_name = "RUN_JSON", requires = "out", conflicts_with_all = ["quick", "only"])]
    draw: Option<PathBuf>,

    /// Measures nothing: finds out where the processor time of requests goes, and writes it into the
    /// directory. Needs `perf`.
    #[arg(long, requires = "out", conflicts_with_all = ["quick", "only", "draw"])]
    profile: bool,
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let outcome = match &command_line.out {
        Some(directory) if command_line.profile => {
            profile::profile(directory).map(|()| ExitCode::SUCCESS)
        }
        _ => run(&command_line).map(|run| verdict(&run.figures)),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command_line: &CommandLine) -> Result<Run> {
    let run = match &command_line.draw {
        Some(path) => Run::read(path)?,
        None => measure(command_line)?,
    };
    if let Some(directory) = &command_line.out {
        run.draw(directory)?;
    }
    Ok(run)
}

fn measure(command_line: &CommandLine) -> Result<Run> {
    let chosen = choose(&command_line.only, command_line.quick)?;
    let effort = if command_line.quick {
        Effort::quick()
    } else {
        Effort::full()
    };
    let (day, began) = (today(), Instant::now());
    let source = Source::here()?;
    let mut world = World::start(effort)?;
    let machine = Machine::of(&world)?;
    let mut run = Run {
        day,
        quick: command_line.quick,
        source,
        machine,
        figures: Vec::new(),
    };
    for Measurement { name, measure, .. } in chosen {
        eprintln!("measuring {name}");
        for figure in measure(&mut world)? {
            println!("{figure}");
            run.figures.push(figure);
        }
        // Each time, so that what breaks the next one does not lose what there is.
        if let Some(directory) = &command_line.out {
            run.write(directory)?;
        }
    }
    eprintln!("measured for {:.0} s", began.elapsed().as_secs_f64());
    Ok(run)
}

/// In UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge where a run learns its day"
)]
fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

fn choose(names: &[String], quick: bool) -> Result<Vec<&'static Measurement>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| MEASUREMENTS.iter().all(|known| known.name != **name))
    {
        let known: Vec<&str> = MEASUREMENTS.iter().map(|known| known.name).collect();
        bail!(
            "there is no measurement {unknown}; there are {}",
            known.join(", ")
        );
    }
    let is_chosen = |known: &&Measurement| {
        if names.is_empty() {
            known.has_bar || !quick
        } else {
            names.iter().any(|name| name == known.name)
        }
    };
    Ok(MEASUREMENTS.iter().filter(is_chosen).collect())
}

/// Tells all figures, and names those that fell short.
fn verdict(figures: &[Figure]) -> ExitCode {
    println!("\n{}", table(figures));
    let short: Vec<&str> = figures
        .iter()
        .filter(|figure| !figure.is_reached())
        .map(|figure| figure.id.as_str())
        .collect();
    if short.is_empty() {
        ExitCode::SUCCESS
    } else {
        eprintln!("short of their bars: {}", short.join(", "));
        ExitCode::FAILURE
    }
}
