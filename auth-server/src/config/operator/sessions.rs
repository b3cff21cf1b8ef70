//! `auth-server sessions …`

use clap::{Args, Subcommand};
use ipnet::IpNet;
use service_runtime::settings::network;
use uuid::Uuid;

use super::{CommandSettings, PageSettings};

/// `auth-server sessions …`
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  auth-server sessions list --user ada
  auth-server sessions list --ip 203.0.113.0/24 --ended
  auth-server sessions revoke 019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b")]
pub enum SessionsCommand {
    /// List sessions, the newest login first.
    List(ListSessions),
    /// End a session.
    Revoke(RevokeSession),
}

/// `auth-server sessions list`
#[derive(Debug, Args)]
pub struct ListSessions {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Which part.
    #[command(flatten)]
    pub page: PageSettings,

    /// Of this person, by username, e-mail address or id.
    #[arg(long, allow_hyphen_values = true)]
    pub user: Option<String>,

    /// Last seen at this address, or in this network.
    #[arg(long, value_parser = network)]
    pub ip: Option<IpNet>,

    /// Those that have ended, too.
    #[arg(long)]
    pub ended: bool,
}

/// `auth-server sessions revoke`
#[derive(Debug, Args)]
pub struct RevokeSession {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Which.
    pub id: Uuid,
}
