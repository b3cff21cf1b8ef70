//! What every Latchkey process does the same way: it reads its settings, writes its log, keeps its
//! database pool, migrates its schema, stands behind the gateway and says how it is.
//!
//! Nothing here knows of users, tokens or notes. A service that is not Latchkey's own needs only
//! `shared-claims`.

mod availability;
pub mod client_address;
pub mod cross_origin;
pub mod database;
pub mod door;
pub mod health;
pub mod http;
pub mod json_object;
pub mod metrics;
pub mod migrations;
pub mod openapi;
mod outage_log;
pub mod page;
mod pool_usage;
pub mod settings;
pub mod telemetry;
