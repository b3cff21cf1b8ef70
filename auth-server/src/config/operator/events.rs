//! `auth-server events …`

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, builder::PossibleValuesParser, builder::TypedValueParser};
use ipnet::IpNet;
use service_runtime::settings::network;
use strum::VariantNames;
use uuid::Uuid;

use super::{CommandSettings, PageSettings};
use crate::{administration::events::instant, config::ServiceDatabase, events::EventKind};

/// `auth-server events …`
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  auth-server events list --user ada
  auth-server events list --kind refresh_reuse --since 2026-11-01T00:00:00Z
  auth-server events export --since 2026-11-01T00:00:00Z > events.jsonl")]
pub enum EventsCommand {
    /// List security events, the newest first.
    List(ListEvents),
    /// Write all security events that fit, the newest first, as JSON lines.
    Export(ExportEvents),
}

/// Which events.
#[derive(Debug, Args)]
pub struct EventsQuery {
    /// Of this kind.
    #[arg(long, value_parser = PossibleValuesParser::new(EventKind::VARIANTS).try_map(|name| name.parse::<EventKind>()))]
    pub kind: Option<EventKind>,

    /// To this person, by username, e-mail address or id; by id also for one who is deleted.
    #[arg(long, allow_hyphen_values = true)]
    pub user: Option<String>,

    /// In or to this session.
    #[arg(long)]
    pub session: Option<Uuid>,

    /// From this address, or this network.
    #[arg(long, value_parser = network)]
    pub ip: Option<IpNet>,

    /// Then or later (RFC 3339).
    #[arg(long, value_parser = instant)]
    pub since: Option<DateTime<Utc>>,

    /// Before then (RFC 3339).
    #[arg(long, value_parser = instant)]
    pub until: Option<DateTime<Utc>>,
}

/// `auth-server events list`
#[derive(Debug, Args)]
pub struct ListEvents {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Which part.
    #[command(flatten)]
    pub page: PageSettings,

    /// Which events.
    #[command(flatten)]
    pub query: EventsQuery,
}

/// `auth-server events export`
#[derive(Debug, Args)]
pub struct ExportEvents {
    /// The database.
    #[command(flatten)]
    pub database: ServiceDatabase,

    /// Which events.
    #[command(flatten)]
    pub query: EventsQuery,
}
