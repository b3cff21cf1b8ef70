//! Every query of clean-up but those of the revocations.

use std::time::Duration;

use diesel::{dsl, prelude::*, sql_types};
use uuid::Uuid;

use crate::schema::{background_tasks, sessions};

const TASK: &str = "clean_up";

/// Whether it is time for a step.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn is_due(connection: &mut PgConnection) -> QueryResult<bool> {
    let due = background_tasks::table
        .find(TASK)
        .filter(background_tasks::due_at.le(dsl::now));
    diesel::select(dsl::exists(due)).get_result(connection)
}

/// Makes the caller the one who takes the step that is due, until the end of the transaction: `None` where
/// none is due or somebody else takes it, else how far the present pass has come.
///
/// # Errors
///
/// The statement's failure.
#[expect(
    clippy::option_option,
    reason = "the outer one is the row, the inner one its column"
)]
pub(super) fn lock_if_due(connection: &mut PgConnection) -> QueryResult<Option<Option<Uuid>>> {
    background_tasks::table
        .find(TASK)
        .filter(background_tasks::due_at.le(dsl::now))
        .select(background_tasks::resume_after)
        .for_update()
        .skip_locked()
        .first(connection)
        .optional()
}

/// Lets the next step wait, and notes where it begins.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn rest(
    connection: &mut PgConnection,
    resume_after: Option<Uuid>,
    pause: Duration,
) -> QueryResult<()> {
    let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    diesel::sql_query(
        "update background_tasks
         set due_at = clock_timestamp() + $2 * interval '1 millisecond',
             resume_after = $3
         where name = $1",
    )
    .bind::<sql_types::Text, _>(TASK)
    .bind::<sql_types::BigInt, _>(pause)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(resume_after)
    .execute(connection)
    .map(drop)
}

/// The next sessions in the order of their ids, dead or alive.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn batch_after(
    connection: &mut PgConnection,
    id: Uuid,
    at_most: i64,
) -> QueryResult<Vec<Uuid>> {
    sessions::table
        .filter(sessions::id.gt(id))
        .order(sessions::id)
        .limit(at_most)
        .select(sessions::id)
        .load(connection)
}

/// Deletes the sessions of a range of ids that ended longer ago than `retention`, and says how many. Rows
/// that somebody has locked are left for the next pass.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn delete_dead(
    connection: &mut PgConnection,
    after: Uuid,
    last: Uuid,
    retention: Duration,
) -> QueryResult<usize> {
    let retention = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    diesel::sql_query(
        "delete from sessions where id in (
             select id from sessions
             where id > $1 and id <= $2
               and least(revoked_at, idle_expires_at)
                   < now() - $3 * interval '1 millisecond'
             for update skip locked
         )",
    )
    .bind::<sql_types::Uuid, _>(after)
    .bind::<sql_types::Uuid, _>(last)
    .bind::<sql_types::BigInt, _>(retention)
    .execute(connection)
}
