//! Settings of the auth server: each is an environment variable, and only this room reads them.
//! `auth-server --help` lists them all.

mod clean_up;
mod database;
mod keys;
mod metrics;
mod operator;
mod passwords;
mod serve;
mod throttle;

use std::{net::SocketAddr, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use service_runtime::{settings::InvalidSetting, telemetry::LogFormat};

pub use clean_up::CleanUpSettings;
pub use database::{MigrateSettings, ServiceDatabase};
pub use keys::{KeySettings, MasterKeySettings};
pub use metrics::MetricsSettings;
pub use operator::{
    CommandSettings, CreateUser, DeleteUser, DisableUser, EventsCommand, EventsQuery, ExportEvents,
    ExportSettings, ImportKey, ImportSettings, KeysCommand, ListEvents, ListKeys, ListSessions,
    ListUsers, NewPasswordSettings, OneUser, PageSettings, ReadyKeys, ResealKeys, RevokeKey,
    RevokeSession, RotateKeys, SessionsCommand, SetTemporaryPassword, UsersCommand,
};
pub use passwords::PasswordSettings;
pub use serve::{Config, ServeSettings};
pub use throttle::ThrottleSettings;

/// On or off.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Signs people in, issues access tokens and manages sessions.
///
/// Settings are environment variables; the flags of the same names are for trying things out.
/// Lengths of time are written 200ms, 30s, 15m, 12h or 90d; a bare number is seconds.
///
/// A command exits with 0 when it is done, or was before; 1 when it could not be; 2 when it was asked for in the
/// wrong way; 3 when there is nobody, or nothing, of that name; 4 when it was refused; 5 when an import came to its end
/// and left lines out. With 2, 3 and 4 nothing has changed; after 1 look before you repeat it.
#[derive(Debug, Parser)]
#[command(
    name = "auth-server",
    version,
    subcommand_required = true,
    flatten_help = true
)]
pub struct CommandLine {
    /// How the log is written to standard error; `RUST_LOG` says what of it, info by default.
    #[arg(
        long,
        env = "AUTH_LOG_FORMAT",
        value_name = "AUTH_LOG_FORMAT",
        default_value = "text",
        global = true
    )]
    pub log_format: LogFormat,

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
    /// Look at people, change them, and move them in and out by file.
    #[command(subcommand)]
    Users(UsersCommand),
    /// Look at sessions and end them.
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Look at the security events.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Write the completions of this command line for a shell.
    #[command(after_help = "Example:
  auth-server completions bash > /usr/share/bash-completion/completions/auth-server")]
    Completions {
        /// Which.
        shell: Shell,
    },
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
