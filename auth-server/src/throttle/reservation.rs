//! A try that is counted before its outcome is known, and what becomes of the count.

use diesel::{PgConnection, QueryResult};
use service_runtime::database::Database;

use super::{
    Limit, Throttled,
    policy::{BucketPolicy, FailurePolicy},
    store,
    subject::Subject,
};
use crate::failure::Failure;

/// What one try counts against, in the order in which it is counted.
#[derive(Clone)]
pub struct Counters(pub(super) Vec<Counter>);

#[derive(Clone)]
pub(super) struct Counter {
    pub(super) limit: Limit,
    pub(super) subject: Subject,
    pub(super) rule: Rule,
}

#[derive(Clone, Copy)]
pub(super) enum Rule {
    Bucket(BucketPolicy),
    Failures(FailurePolicy),
}

/// A try that was counted before its outcome is known.
#[must_use = "a right guess is taken back"]
#[derive(Clone)]
pub struct Reservation(pub(super) Vec<Counter>);

impl Reservation {
    /// The guess was right: it did not count, and the failures before it are forgotten. What the network
    /// guessed at others is not.
    ///
    /// # Errors
    ///
    /// A statement's failure.
    pub fn was_right(&self, connection: &mut PgConnection) -> QueryResult<()> {
        self.0.iter().try_for_each(|counter| match counter.rule {
            Rule::Bucket(policy) => store::give_back(connection, counter.subject, policy),
            Rule::Failures(_) => store::forget_failures(connection, counter.subject),
        })
    }

    /// Nothing was decided: as if it had not been tried. Where the database does not do that either, the
    /// try stays counted.
    pub async fn take_back(self, database: &Database) {
        let take_back = move |connection: &mut PgConnection| {
            self.0.iter().try_for_each(|counter| match counter.rule {
                Rule::Bucket(policy) => store::give_back(connection, counter.subject, policy),
                Rule::Failures(_) => store::take_back_failure(connection, counter.subject),
            })?;
            Ok::<_, Failure>(())
        };
        if let Err(error) = database.run(take_back).await {
            log::warn!("a try that came to nothing stays counted: {error}");
        }
    }
}

impl Counter {
    /// Counts a try, unless it is one too many.
    pub(super) fn count(
        &self,
        connection: &mut PgConnection,
    ) -> QueryResult<Result<(), Throttled>> {
        let (outcome, quota) = match self.rule {
            Rule::Bucket(policy) => (
                store::take(connection, self.subject, policy)?,
                policy.burst.get(),
            ),
            Rule::Failures(policy) => (
                store::add_failure(connection, self.subject, policy)?,
                policy.free.get(),
            ),
        };
        Ok(outcome.map_err(|retry_after| Throttled {
            limit: self.limit,
            quota,
            retry_after,
        }))
    }
}
