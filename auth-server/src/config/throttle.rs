//! The settings of throttling.

use std::{num::NonZeroU32, time::Duration};

use clap::Args;
use service_runtime::settings::{InvalidSetting, duration};

use super::{Switch, within};
use crate::throttle::policy::{BucketPolicy, FailurePolicy, ThrottlePolicy};

const ACCOUNT_FIRST_DELAY: &str = "AUTH_THROTTLE_ACCOUNT_FIRST_DELAY";
const ACCOUNT_LONGEST_DELAY: &str = "AUTH_THROTTLE_ACCOUNT_LONGEST_DELAY";
const ACCOUNT_MEMORY: &str = "AUTH_THROTTLE_ACCOUNT_MEMORY";

/// The settings of throttling, as typed.
#[derive(Debug, Args)]
pub struct ThrottleSettings {
    /// Whether guesses and registrations are throttled. Switch it off for load tests only.
    #[arg(
        long,
        env = "AUTH_THROTTLE",
        value_name = "AUTH_THROTTLE",
        default_value = "on"
    )]
    throttle: Switch,

    /// Wrong passwords that one network (an IPv4 address, a /64 of IPv6) may try at once.
    #[arg(
        long,
        env = "AUTH_THROTTLE_ADDRESS_BURST",
        value_name = "AUTH_THROTTLE_ADDRESS_BURST",
        default_value = "10"
    )]
    throttle_address_burst: NonZeroU32,

    /// Wrong passwords that one network may try in a minute after that.
    #[arg(
        long,
        env = "AUTH_THROTTLE_ADDRESS_PER_MINUTE",
        value_name = "AUTH_THROTTLE_ADDRESS_PER_MINUTE",
        default_value = "10"
    )]
    throttle_address_per_minute: NonZeroU32,

    /// Wrong passwords for one name before each doubles the wait for the next; and as many from each device
    /// that its owner is known on, and in each session.
    #[arg(
        long,
        env = "AUTH_THROTTLE_ACCOUNT_FREE",
        value_name = "AUTH_THROTTLE_ACCOUNT_FREE",
        default_value = "10"
    )]
    throttle_account_free: NonZeroU32,

    /// The wait after the last of these.
    #[arg(
        long,
        env = ACCOUNT_FIRST_DELAY,
        value_name = ACCOUNT_FIRST_DELAY,
        default_value = "1s",
        value_parser = duration
    )]
    throttle_account_first_delay: Duration,

    /// The longest wait for one name: at most 1h, so that nobody is locked out for good.
    #[arg(
        long,
        env = ACCOUNT_LONGEST_DELAY,
        value_name = ACCOUNT_LONGEST_DELAY,
        default_value = "15m",
        value_parser = duration
    )]
    throttle_account_longest_delay: Duration,

    /// After so long without a try the wrong passwords for a name are forgotten.
    #[arg(
        long,
        env = ACCOUNT_MEMORY,
        value_name = ACCOUNT_MEMORY,
        default_value = "1d",
        value_parser = duration
    )]
    throttle_account_memory: Duration,

    /// Names that one network may try to take at once, by registering or by changing its own.
    #[arg(
        long,
        env = "AUTH_THROTTLE_REGISTRATION_BURST",
        value_name = "AUTH_THROTTLE_REGISTRATION_BURST",
        default_value = "10"
    )]
    throttle_registration_burst: NonZeroU32,

    /// Names that one network may try to take in a minute after that.
    #[arg(
        long,
        env = "AUTH_THROTTLE_REGISTRATION_PER_MINUTE",
        value_name = "AUTH_THROTTLE_REGISTRATION_PER_MINUTE",
        default_value = "10"
    )]
    throttle_registration_per_minute: NonZeroU32,

    /// Calls that are throttled, right or wrong, that one network, known device or session may make at once
    /// to one replica before they are refused without a look at the database; and passwords that one network may
    /// have judged.
    #[arg(
        long,
        env = "AUTH_THROTTLE_FLOOD_BURST",
        value_name = "AUTH_THROTTLE_FLOOD_BURST",
        default_value = "60"
    )]
    throttle_flood_burst: NonZeroU32,

    /// Such calls that it may make in a minute after that.
    #[arg(
        long,
        env = "AUTH_THROTTLE_FLOOD_PER_MINUTE",
        value_name = "AUTH_THROTTLE_FLOOD_PER_MINUTE",
        default_value = "600"
    )]
    throttle_flood_per_minute: NonZeroU32,
}

impl ThrottleSettings {
    /// How long wrong passwords are counted after the last one, whether throttling is on or was.
    #[must_use]
    pub fn memory(&self) -> Duration {
        self.throttle_account_memory
    }

    /// The numbers, checked; `None` where throttling is off.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`].
    pub fn policy(&self) -> Result<Option<ThrottlePolicy>, InvalidSetting> {
        let account = FailurePolicy {
            free: self.throttle_account_free,
            first_delay: self.throttle_account_first_delay,
            longest_delay: self.throttle_account_longest_delay,
            memory: self.throttle_account_memory,
        };
        let millisecond = Duration::from_millis(1);
        let hour = Duration::from_hours(1);
        within(
            ACCOUNT_LONGEST_DELAY,
            account.longest_delay,
            millisecond,
            hour,
        )?;
        within(
            ACCOUNT_FIRST_DELAY,
            account.first_delay,
            millisecond,
            account.longest_delay,
        )?;
        // Whoever waits for the end of a delay must not find it forgotten instead.
        within(
            ACCOUNT_MEMORY,
            account.memory,
            account.longest_delay,
            Duration::MAX,
        )?;
        if self.throttle == Switch::Off {
            return Ok(None);
        }
        Ok(Some(ThrottlePolicy {
            address: bucket(
                self.throttle_address_burst,
                self.throttle_address_per_minute,
            ),
            account,
            registration: bucket(
                self.throttle_registration_burst,
                self.throttle_registration_per_minute,
            ),
            flood: bucket(self.throttle_flood_burst, self.throttle_flood_per_minute),
        }))
    }
}

fn bucket(burst: NonZeroU32, per_minute: NonZeroU32) -> BucketPolicy {
    BucketPolicy {
        burst,
        // What the database counts in is microseconds; none at all would be no bound.
        interval: (Duration::from_mins(1) / per_minute.get()).max(Duration::from_micros(1)),
    }
}
