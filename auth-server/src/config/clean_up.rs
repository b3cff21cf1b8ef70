//! The settings of clean-up.

use std::time::Duration;

use clap::Args;
use service_runtime::settings::{InvalidSetting, duration};

use super::within;
use crate::{clean_up::CleanUpPolicy, events::LEAST_EVENT_RETENTION};

const SESSION_RETENTION: &str = "AUTH_SESSION_RETENTION";
const EVENT_RETENTION: &str = "AUTH_EVENT_RETENTION";
const CLEAN_UP_INTERVAL: &str = "AUTH_CLEAN_UP_INTERVAL";

/// The settings of clean-up, as typed.
#[derive(Debug, Args)]
pub struct CleanUpSettings {
    /// How long the record of a session is kept after its end, before it is cleaned up.
    #[arg(
        long,
        env = SESSION_RETENTION,
        value_name = SESSION_RETENTION,
        default_value = "30d",
        value_parser = duration
    )]
    session_retention: Duration,

    /// How long security events are kept: 7d or more.
    #[arg(
        long,
        env = EVENT_RETENTION,
        value_name = EVENT_RETENTION,
        default_value = "90d",
        value_parser = duration
    )]
    event_retention: Duration,

    /// How often one of the replicas goes through all sessions to clean up.
    #[arg(
        long,
        env = CLEAN_UP_INTERVAL,
        value_name = CLEAN_UP_INTERVAL,
        default_value = "1h",
        value_parser = duration
    )]
    clean_up_interval: Duration,
}

impl CleanUpSettings {
    /// What leaves the database when, checked; wrong passwords leave after `throttle_memory`.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`].
    pub fn policy(&self, throttle_memory: Duration) -> Result<CleanUpPolicy, InvalidSetting> {
        within(
            EVENT_RETENTION,
            self.event_retention,
            LEAST_EVENT_RETENTION,
            Duration::MAX,
        )?;
        within(
            CLEAN_UP_INTERVAL,
            self.clean_up_interval,
            Duration::from_millis(100),
            Duration::MAX,
        )?;
        Ok(CleanUpPolicy {
            session_retention: self.session_retention,
            event_retention: self.event_retention,
            throttle_memory,
            interval: self.clean_up_interval,
        })
    }
}
