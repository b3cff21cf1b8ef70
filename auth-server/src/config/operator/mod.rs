//! What an operator asks for on the command line.

mod events;
mod export;
mod import;
mod keys;
mod sessions;
mod users;

use clap::Args;
use service_runtime::page::{Cursor, PageSize};

pub use events::{EventsCommand, EventsQuery, ExportEvents, ListEvents};
pub use export::ExportSettings;
pub use import::ImportSettings;
pub use keys::{ImportKey, KeysCommand, ListKeys, ReadyKeys, ResealKeys, RevokeKey, RotateKeys};
pub use sessions::{ListSessions, RevokeSession, SessionsCommand};
pub use users::{
    CreateUser, DeleteUser, DisableUser, ListUsers, NewPasswordSettings, OneUser,
    SetTemporaryPassword, UsersCommand,
};

use super::ServiceDatabase;

/// Where a command acts, and how it answers.
#[derive(Debug, Args)]
pub struct CommandSettings {
    /// The database.
    #[command(flatten)]
    pub database: ServiceDatabase,

    /// Answer with JSON, for scripts.
    #[arg(long)]
    pub json: bool,
}

/// Which part of a list to show.
#[derive(Clone, Copy, Debug, Args)]
pub struct PageSettings {
    /// How many at the most: 1 to 100.
    #[arg(long, default_value = "50", value_parser = PageSize::<50>::parse)]
    pub limit: PageSize<50>,

    /// Where the page before this one said that it goes on.
    #[arg(long, value_parser = Cursor::parse)]
    pub cursor: Option<Cursor>,
}
