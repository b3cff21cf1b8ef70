//! Clean-up: sessions that ended long ago, revocations that no live token is about, old security events, and
//! counts of guesses that hold nobody up any more leave the database.
//!
//! One replica at a time takes a step: it holds the lock of the task's row, looks at a bounded number of
//! sessions, deletes the dead ones among them and notes how far it came, all in one short transaction. The
//! next step is taken by whoever comes first, so that a replica which dies is not missed. Live sessions are
//! neither locked nor written.

mod record;
mod store;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use diesel::{Connection, PgConnection};
use service_runtime::database::{Database, DatabaseError};
use uuid::Uuid;

pub use self::record::CleanUpRecord;
use self::record::Deleted;
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
    /// Where it says what it has done.
    pub record: Arc<CleanUpRecord>,
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
            let outcome = self.database.run(step).await;
            match &outcome {
                Ok((_, deleted)) => self.record.succeeded(*deleted),
                Err(_) => self.record.failed(),
            }
            let pause = match outcome {
                Ok((Found::More, _)) => REST,
                Ok((Found::Nothing, _)) => LOOK_AGAIN.min(policy.interval),
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

fn step(connection: &mut PgConnection, policy: CleanUpPolicy) -> Result<(Found, Deleted), Failure> {
    let nothing = (Found::Nothing, Deleted::default());
    if !store::is_due(connection)? {
        return Ok(nothing);
    }
    connection.transaction(|connection| {
        let Some(resume_after) = store::lock_if_due(connection)? else {
            return Ok(nothing);
        };
        let resume_after = resume_after.unwrap_or(Uuid::nil());
        let batch = store::batch_after(connection, resume_after, BATCH)?;
        let mut deleted = Deleted::default();
        if let Some(last) = batch.last() {
            deleted.sessions =
                store::delete_dead(connection, resume_after, *last, policy.session_retention)?;
        }
        let (now, token_lifetime) = revocations::horizon(connection)?;
        let outlived = now
            - TimeDelta::seconds(token_lifetime.into())
            - TimeDelta::from_std(COMMIT_DELAY * 2).unwrap_or_default();
        deleted.revocations = revocations::delete_before(connection, outlived, BATCH)?;
        deleted.events = events::forget(connection, policy.event_retention, BATCH)?;
        let full = usize::try_from(BATCH).unwrap_or(usize::MAX);
        // Once a pass: these are not found by an index.
        if batch.len() < full {
            deleted.throttles = throttle::delete_spent(connection, policy.throttle_memory, BATCH)?;
        }
        let Deleted {
            sessions,
            revocations,
            events,
            throttles,
        } = deleted;
        if deleted != Deleted::default() {
            log::info!(sessions, revocations, events, throttles; "cleaned up");
        }
        if [batch.len(), revocations, events, throttles].contains(&full) {
            let resume_after = batch.last().copied().unwrap_or(resume_after);
            store::rest(connection, Some(resume_after), REST)?;
            Ok((Found::More, deleted))
        } else {
            store::rest(connection, None, policy.interval)?;
            Ok((Found::Nothing, deleted))
        }
    })
}
