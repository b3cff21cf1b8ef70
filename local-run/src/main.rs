//! Runs Latchkey on this machine, or something else with a Postgres of its own.

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Runs Latchkey on this machine: a private Postgres, both services and the gateway. Touches no Postgres
/// and no nginx that already runs.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts everything and stays; ctrl-C stops everything.
    Up(Up),
    /// Starts everything in the background; returns when it is ready.
    Start(Up),
    /// Stops what `start` or `up` started.
    Stop(Place),
    /// Says whether it runs and where: exit status 0, or 3 when it does not.
    Status(Place),
    /// Runs a command with a throwaway Postgres, which `LATCHKEY_TEST_POSTGRES` names (a superuser's URL).
    /// Exits with the command's status.
    WithPostgres(WithPostgres),
}

#[derive(Debug, Args)]
struct Place {
    /// Where data, secrets and logs are.
    #[arg(long, default_value = ".local")]
    directory: PathBuf,
}

#[derive(Debug, Args)]
struct Up {
    #[command(flatten)]
    place: Place,
    /// The gateway's port, where it is free.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// How many auth servers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    auth_servers: u8,
    /// How many notes APIs.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    notes_apis: u8,
    /// The site's files; those of the checkout that this program was built from, unless told otherwise.
    #[arg(long, value_name = "DIRECTORY")]
    site: Option<PathBuf>,
    /// Serves the site's files as they are at the moment, for who edits them: a reload shows the change.
    #[arg(long)]
    live_site: bool,
}

#[derive(Debug, Args)]
struct WithPostgres {
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<std::ffi::OsString>,
}

#[expect(clippy::print_stderr, reason = "a program that people start by hand")]
fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Up(up) => commands::up(&up),
        Command::Start(up) => commands::start(&up),
        Command::Stop(place) => commands::stop(&place.directory),
        Command::Status(place) => commands::status(&place.directory),
        Command::WithPostgres(with) => commands::with_postgres(&with.command),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}
