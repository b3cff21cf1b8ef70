//! Throttling: how often someone may guess a password, or register.
//!
//! A guess is counted before it is compared, in the database, so that any number of parallel guesses at
//! any number of replicas share one count; a right one is taken back. Names that nobody has are counted
//! like those of people. In front of it stands a bound in the process's memory, so that a flood of
//! guesses is not a flood of SQL.

mod flood;
pub mod policy;
mod reservation;
mod store;
mod subject;

pub use reservation::{Counters, Reservation};
pub use store::delete_spent;

use std::{sync::Arc, time::Duration};

use diesel::{PgConnection, QueryResult};
use serde_json::json;
use service_runtime::{
    metrics::{Exposition, Outcome, Tally},
    outcomes,
};
use uuid::Uuid;

use self::{
    flood::Flood,
    policy::ThrottlePolicy,
    reservation::{Counter, Rule},
    subject::Subjects,
};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
    keys::master_key::MasterKeys,
    tokens::device_token::DeviceToken,
};

/// Counts, and says when it is too much.
pub struct Throttle {
    subjects: Subjects,
    /// None where it is switched off.
    limits: Option<Limits>,
    refusals: Tally<Limit>,
}

struct Limits {
    policy: ThrottlePolicy,
    flood: Flood,
}

outcomes! {
    /// What was guessed too often.
    pub enum Limit {
        /// From one network.
        Address = "address",
        /// At one name, from devices that its owner is not known on.
        Account = "account",
        /// At one account, from one device that its owner is known on.
        Device = "device",
        /// In one session, where the password is asked for once more.
        Session = "session",
        /// Names that one network tried to take, by registering or by changing its own.
        Registration = "registration",
        /// Calls from one network, device or session, right or wrong.
        Flood = "flood",
    }
}

/// Too often: nothing was compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("throttled by {}", limit.as_str())]
pub struct Throttled {
    /// What was exceeded.
    pub limit: Limit,
    /// How many are free at first.
    pub quota: u32,
    /// How long until the next one is let in.
    pub retry_after: Duration,
}

impl Limit {
    /// The stable name, as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.name()
    }
}

/// Where calls come from, as far as that is known without SQL.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Some client's network.
    Network(&'a Client),
    /// The same, where somebody asks what a password is worth: apart from the rest, so that nobody types
    /// until they may not register.
    Advice(&'a Client),
    /// A device on which someone has logged in.
    Device(&'a DeviceToken),
    /// A session.
    Session(Uuid),
}

impl Throttle {
    /// Throttles by `policy`, or not at all.
    #[must_use]
    pub fn new(policy: Option<ThrottlePolicy>, master_keys: Arc<MasterKeys>) -> Self {
        Self {
            subjects: Subjects(master_keys),
            limits: policy.map(|policy| Limits {
                flood: Flood::new(policy.flood),
                policy,
            }),
            refusals: Tally::default(),
        }
    }

    /// Writes down how often each limit was exceeded, for metrics.
    pub fn read(&self, exposition: &mut Exposition) {
        self.refusals.read(
            "limit",
            exposition.counter(
                "auth_throttled_total",
                "Calls that were refused because of too many others, by the limit that was exceeded.",
            ),
        );
    }

    /// Bounds what one source may ask of the database, without asking the database.
    ///
    /// # Errors
    ///
    /// [`Throttled`].
    pub fn screen(&self, source: Source<'_>) -> Result<(), Throttled> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let subject = match source {
            Source::Network(client) => self
                .subjects
                .make("calls of network", client.network().as_bytes()),
            Source::Advice(client) => self
                .subjects
                .make("advice for network", client.network().as_bytes()),
            Source::Device(device) => self.subjects.make("calls of device", device.device()),
            Source::Session(id) => self.subjects.make("calls of session", id.as_bytes()),
        };
        limits
            .flood
            .check(subject)
            .map_err(|retry_after| Throttled {
                limit: Limit::Flood,
                quota: limits.policy.flood.burst.get(),
                retry_after,
            })
            .inspect_err(|throttled| self.refusals.count(throttled.limit))
    }

    /// What a login counts against: by the device, if this person has logged in on it with their
    /// present password; else by the network and the name. The name is the canonical form of what was
    /// typed, whether anybody goes by it or not.
    #[must_use]
    pub fn log_in(
        &self,
        client: &Client,
        name: &str,
        known_device: Option<&DeviceToken>,
    ) -> Counters {
        self.counters(|policy| match known_device {
            Some(device) => vec![Counter {
                limit: Limit::Device,
                subject: self.subjects.make("device", device.device()),
                rule: Rule::Failures(policy.account),
            }],
            // The network comes first: one that may not guess must not lengthen an account's delay.
            None => vec![
                Counter {
                    limit: Limit::Address,
                    subject: self.subjects.make("network", client.network().as_bytes()),
                    rule: Rule::Bucket(policy.address),
                },
                Counter {
                    limit: Limit::Account,
                    subject: self.subjects.make("name", name.as_bytes()),
                    rule: Rule::Failures(policy.account),
                },
            ],
        })
    }

    /// Lets a person who changes their name take along what was guessed at the old one: a new name buys no
    /// guesses.
    ///
    /// # Errors
    ///
    /// A statement's failure.
    pub fn rename(&self, connection: &mut PgConnection, old: &str, new: &str) -> QueryResult<()> {
        let subject = |name: &str| self.subjects.make("name", name.as_bytes());
        store::copy_failures(connection, subject(old), subject(new))
    }

    /// What the password of someone signed in counts against: their session, so that whoever stole one
    /// cannot keep the owner from changing the password in another.
    #[must_use]
    pub fn confirmation(&self, session_id: Uuid) -> Counters {
        self.counters(|policy| {
            vec![Counter {
                limit: Limit::Session,
                subject: self.subjects.make("session", session_id.as_bytes()),
                rule: Rule::Failures(policy.account),
            }]
        })
    }

    /// What a registration counts against.
    #[must_use]
    pub fn registration(&self, client: &Client) -> Counters {
        self.counters(|policy| {
            vec![Counter {
                limit: Limit::Registration,
                subject: self
                    .subjects
                    .make("registrations of network", client.network().as_bytes()),
                rule: Rule::Bucket(policy.registration),
            }]
        })
    }

    /// Counts a try, unless it is one too many. The first refusal of a minute at one replica is recorded, for the person
    /// it concerns.
    ///
    /// # Errors
    ///
    /// A statement's failure.
    pub fn reserve(
        &self,
        connection: &mut PgConnection,
        counters: Counters,
        client: &Client,
        user_id: Option<Uuid>,
    ) -> QueryResult<Result<Reservation, Throttled>> {
        for counter in &counters.0 {
            let Err(throttled) = counter.count(connection)? else {
                continue;
            };
            self.refusals.count(throttled.limit);
            let limits = self.limits.as_ref();
            if limits.is_some_and(|limits| limits.flood.is_news(counter.subject)) {
                let event = Event::by(client, EventKind::Throttled)
                    .of_user(user_id)
                    .with_details(json!({ "limit": throttled.limit.as_str() }));
                events::record(connection, &event)?;
            }
            return Ok(Err(throttled));
        }
        Ok(Ok(Reservation(counters.0)))
    }

    fn counters(&self, make: impl FnOnce(&ThrottlePolicy) -> Vec<Counter>) -> Counters {
        let limits = self.limits.as_ref();
        Counters(limits.map_or_else(Vec::new, |limits| make(&limits.policy)))
    }
}
