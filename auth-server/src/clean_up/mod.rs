//! Clean-up: sessions that ended long ago, revocations that no live token is about, old security events, and
//! counts of guesses that hold nobody up any more leave the database.
//!
//! One replica at a time takes a step: it holds the lock of the task's row, looks at a bounded number of
//! sessions, deletes the dead ones among them and notes how far it came, all in one short transaction. The
//! next step is taken by whoever comes first, so that a replica which dies is not missed. Live sessions are
//! neither locked nor written.

mod store;

use std::time::Duration;

use chrono::TimeDelta;
use diesel::{Connection, PgConnection};
use service_runtime::database::{Database, DatabaseError};
use uuid::Uuid;

use crate::{
    events::store as events,
    failure::Failure,
    revocations::store::{self as revocations, COMMIT_DELAY},
    throttle,
};

/// When clean-up happens, and what it leaves.
#[derive(Clone, Copy, Debug)]
pub struct CleanUpPolicy {
    /// How long the record of a session is kept after its end.
    pub session_retention: Duration,
    /// How long security events are kept.
    pub event_retention: Duration,
    /// How long wrong passwords are counted after the last one.
    pub throttle_memory: Duration,
    /// How long after one pass over all sessions the next one begins.
    pub interval: Duration,
}

/// What cleans up.
pub struct Cleaner {
    /// What is cleaned.
    pub database: Database,
    /// When, and what.
    pub policy: CleanUpPolicy,
}

/// How many rows one step looks at.
const BATCH: i64 = 1_000;
/// How long the database rests between two steps.
const REST: Duration = Duration::from_millis(100);
/// How soon a replica takes over from one that died, at the latest.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What came of looking for work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Found {
    /// A step was taken, and more are to be taken.
    More,
    /// Nothing is due, or another replica is at it.
    Nothing,
}

impl Cleaner {
    /// Takes the steps that are due, for as long as it is polled. What fails is tried again later.
    pub async fn clean(self) {
        let policy = self.policy;
        loop {
            let step = move |connection: &mut PgConnection| step(connection, policy);
            let pause = match self.database.run(step).await {
                Ok(Found::More) => REST,
                Ok(Found::Nothing) => LOOK_AGAIN.min(policy.interval),
                // That is reported elsewhere.
                Err(Failure::Database(DatabaseError::NoConnection(_))) => {
                    LOOK_AGAIN.min(policy.interval)
                }
                Err(failure) => {
                    log::warn!("clean-up failed, and is tried again: {failure}");
                    LOOK_AGAIN.min(policy.interval)
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}

fn step(connection: &mut PgConnection, policy: CleanUpPolicy) -> Result<Found, Failure> {
    if !store::is_due(connection)? {
        return Ok(Found::Nothing);
    }
    connection.transaction(|connection| {
        let Some(resume_after) = store::lock_if_due(connection)? else {
            return Ok(Found::Nothing);
        };
        let resume_after = resume_after.unwrap_or(Uuid::nil());
        let batch = store::batch_after(connection, resume_after, BATCH)?;
        let mut deleted = 0;
        if let Some(last) = batch.last() {
            deleted =
                store::delete_dead(connection, resume_after, *last, policy.session_retention)?;
        }
        let (now, token_lifetime) = revocations::horizon(connection)?;
        let outlived = now
            - TimeDelta::seconds(token_lifetime.into())
            - TimeDelta::from_std(COMMIT_DELAY * 2).unwrap_or_default();
        let forgotten = revocations::delete_before(connection, outlived, BATCH)?;
        let events = events::forget(connection, policy.event_retention, BATCH)?;
        let full = usize::try_from(BATCH).unwrap_or(usize::MAX);
        // Once a pass: these are not found by an index.
        let throttles = if batch.len() < full {
            throttle::delete_spent(connection, policy.throttle_memory, BATCH)?
        } else {
            0
        };
        if [deleted, forgotten, events, throttles] != [0; 4] {
            log::info!(sessions = deleted, revocations = forgotten, events, throttles; "cleaned up");
        }
        if [batch.len(), forgotten, events, throttles].contains(&full) {
            let resume_after = batch.last().copied().unwrap_or(resume_after);
            store::rest(connection, Some(resume_after), REST)?;
            Ok(Found::More)
        } else {
            store::rest(connection, None, policy.interval)?;
            Ok(Found::Nothing)
        }
    })
}
