//! What a run leaves behind: its data, and what is drawn and told from them.

mod axis;
mod drawing;
mod machine;
mod markdown;
mod source;
mod table;

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub(crate) use self::{machine::Machine, source::Source, table::table};
use crate::figure::Figure;

/// All that is known of a run. What is told and drawn comes from here only, so that it can be done again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The day in UTC on which it began.
    pub(crate) day: String,
    /// Whether its rounds were short and its tables small.
    pub(crate) quick: bool,
    /// What was measured.
    pub(crate) source: Source,
    /// Where it was.
    pub(crate) machine: Machine,
    /// What came out.
    pub(crate) figures: Vec<Figure>,
}

impl Run {
    /// Reads what [`Run::write`] wrote.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let json = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("no run is in {}", path.display()))
    }

    /// Writes the data: `run.json`.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        write(directory, "run.json", &json)
    }

    /// Writes what is told of the data, `figures.md`, and a drawing of each plot.
    pub(crate) fn draw(&self, directory: &Path) -> Result<()> {
        for figure in &self.figures {
            for plot in &figure.plots {
                let name = figure.file_of(plot);
                let svg = drawing::svg(plot).with_context(|| format!("cannot draw {name}"))?;
                write(directory, &name, &svg)?;
            }
        }
        write(directory, "figures.md", &markdown::document(self))
    }
}

/// Writes a file of this name into the directory.
pub(crate) fn write(directory: &Path, name: &str, text: &str) -> Result<()> {
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(directory.join(name), text))
        .with_context(|| format!("cannot write {name} into {}", directory.display()))
}
