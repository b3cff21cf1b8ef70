//! `auth-server users export`

use std::path::PathBuf;

use clap::Args;

use super::super::{MasterKeySettings, ServiceDatabase};
use crate::transfer::format::Format;

/// What is to be exported, and where to.
#[derive(Debug, Args)]
pub struct ExportSettings {
    /// The database.
    #[command(flatten)]
    pub database: ServiceDatabase,

    /// The master keys, which are needed for the hashes only.
    #[command(flatten)]
    pub master_keys: MasterKeySettings,

    /// How to write it; by default what the name of the file says, or JSON lines.
    #[arg(long, value_enum)]
    pub format: Option<Format>,

    /// Write the hashes of the passwords, too. Whoever has them can guess at all of them: treat the file like
    /// the database.
    #[arg(long)]
    pub with_password_hashes: bool,

    /// The file to make, readable by its owner only; by default standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl ExportSettings {
    /// What stands at the end of the help.
    pub const HELP: &str = "\
Examples:
  auth-server users export -o people.csv
  auth-server users export --with-password-hashes -o people.jsonl

Exit status:
  0  everyone is in the file
  1  it could not be done, or not to the end; there is no file then
  2  it was called wrongly

What stands in the file, and what hashes are good for elsewhere: docs/import.md";
}
