//! Measures Latchkey against the limits of the machine that it runs on: `make bench`, `make bench-quick`.
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
mod query;
mod rounds;
mod usage;
mod world;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;

use crate::{
    effort::Effort,
    figure::Figure,
    figures::{FIGURES, Measurement},
    world::World,
};

/// Measures Latchkey against the limits of this machine.
#[derive(Debug, Parser)]
struct CommandLine {
    /// Short rounds and small tables: under two minutes, for every day.
    #[arg(long)]
    quick: bool,

    /// Only these measurements, separated by commas; all of them unless told otherwise.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

fn main() -> ExitCode {
    match run(&CommandLine::parse()) {
        Ok(figures) => verdict(&figures),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command_line: &CommandLine) -> Result<Vec<Figure>> {
    let chosen = choose(&command_line.only)?;
    let effort = if command_line.quick {
        Effort::quick()
    } else {
        Effort::full()
    };
    let mut world = World::start(effort)?;
    let mut figures = Vec::new();
    for Measurement { name, measure } in chosen {
        eprintln!("measuring {name}");
        for figure in measure(&mut world)? {
            println!("{figure}");
            figures.push(figure);
        }
    }
    Ok(figures)
}

fn choose(names: &[String]) -> Result<Vec<&'static Measurement>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| FIGURES.iter().all(|known| known.name != **name))
    {
        let known: Vec<&str> = FIGURES.iter().map(|known| known.name).collect();
        bail!(
            "there is no measurement {unknown}; there are {}",
            known.join(", ")
        );
    }
    let is_chosen =
        |known: &&Measurement| names.is_empty() || names.iter().any(|name| name == known.name);
    Ok(FIGURES.iter().filter(is_chosen).collect())
}

/// Names the figures that fell short.
fn verdict(figures: &[Figure]) -> ExitCode {
    let short: Vec<&Figure> = figures
        .iter()
        .filter(|figure| !figure.is_reached())
        .collect();
    for figure in &short {
        eprintln!("falls short: {figure}");
    }
    if short.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
