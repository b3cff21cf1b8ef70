//! `auth-server users import`

use std::path::PathBuf;

use clap::Args;

use super::{
    super::{MasterKeySettings, PasswordSettings},
    CommandSettings,
};
use crate::transfer::format::Format;

/// What is to be imported, and how.
#[derive(Debug, Args)]
pub struct ImportSettings {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// The master keys, without which people who come from another Latchkey are refused.
    #[command(flatten)]
    pub master_keys: MasterKeySettings,

    /// How the servers hash: hashes of a higher cost are refused.
    #[command(flatten)]
    pub passwords: PasswordSettings,

    /// How the file is written; by default what its name says: .jsonl, .ndjson and .json are JSON lines, .csv
    /// is CSV.
    #[arg(long, value_enum)]
    pub format: Option<Format>,

    /// Change nothing, and say exactly what would come of it.
    #[arg(long)]
    pub dry_run: bool,

    /// Begin anew with a file that was imported before, or in part. Who is there already is refused.
    #[arg(long)]
    pub again: bool,

    /// Take people without a password, too; they cannot sign in until they are given one.
    #[arg(long)]
    pub allow_no_password: bool,

    /// Where to write which lines were refused and why; by default beside the file, with .refused.jsonl added
    /// to its name, or .dry-run.jsonl.
    #[arg(long, value_name = "FILE", required_if_eq("file", "-"))]
    pub report: Option<PathBuf>,

    /// The file: JSON lines or CSV, in UTF-8. With - it is read from standard input, and kept in a temporary
    /// file meanwhile.
    pub file: PathBuf,
}

impl ImportSettings {
    /// What stands at the end of the help.
    pub const HELP: &str = "\
An import that was broken off goes on where it stopped when it is called again.

Examples:
  auth-server users import --dry-run users.jsonl
  auth-server users import users.jsonl
  psql … -c '\\copy (select * from auth.users) to stdout csv header' |
    auth-server users import --format csv --report refused.jsonl -

Exit status:
  0  everyone in the file is here now (or would be, with --dry-run)
  1  it could not be done, or not to the end: what was done stays, and another call goes on
  2  it was called wrongly
  5  it came to the end, and some lines were refused: the report says which

Which members are read, and how other systems write them: docs/import.md";
}
