//! Settings of the auth server: each is an environment variable, and only this room reads them.
//! `auth-server --help` lists them all.

mod clean_up;
mod database;
mod keys;
mod operator;
mod serve;
mod throttle;

use std::{net::SocketAddr, time::Duration};

use clap::{Args, Parser, Subcommand};
use service_runtime::settings::InvalidSetting;

pub use clean_up::CleanUpSettings;
pub use database::{MigrateSettings, ServiceDatabase};
pub use keys::KeySettings;
pub use operator::{KeysCommand, UsersCommand};
pub use serve::{Config, ServeSettings};
pub use throttle::ThrottleSettings;

/// Signs people in, issues access tokens and manages sessions.
///
/// Settings are environment variables; the flags of the same names are for trying things out.
/// Lengths of time are written 200ms, 30s, 15m, 12h or 90d; a bare number is seconds.
#[derive(Debug, Parser)]
#[command(
    name = "auth-server",
    version,
    subcommand_required = true,
    flatten_help = true
)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until told to stop.
    Serve(Box<ServeSettings>),
    /// Bring the database schema up to date, as its owner.
    Migrate(MigrateSettings),
    /// Ask the server on this machine whether it is live; exit 0 if it is.
    Healthcheck(ListenSettings),
    /// Look at the signing keys and change them.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Keep people out, or let them in again.
    #[command(subcommand)]
    Users(UsersCommand),
}

/// Where the server listens.
#[derive(Debug, Args)]
pub struct ListenSettings {
    /// Address and port to listen on.
    #[arg(
        long,
        env = "AUTH_LISTEN",
        value_name = "AUTH_LISTEN",
        default_value = "127.0.0.1:8081"
    )]
    pub listen: SocketAddr,
}

/// Refuses a length of time that would make the server do what nobody means.
fn within(
    name: &'static str,
    got: Duration,
    least: Duration,
    most: Duration,
) -> Result<(), InvalidSetting> {
    if (least..=most).contains(&got) {
        return Ok(());
    }
    let wants = match most {
        Duration::MAX => format!("{least:?} or more"),
        _ => format!("{least:?} to {most:?}"),
    };
    Err(InvalidSetting::new(name, format!("{got:?}"), wants))
}
