//! Every query of throttling. Each count is one statement, which either takes or refuses: two at the same
//! time are one after the other.

use std::time::Duration;

use diesel::{
    deserialize::QueryableByName,
    prelude::*,
    sql_types::{BigInt, Binary, Double, Integer},
};

use super::{
    policy::{BucketPolicy, FailurePolicy},
    subject::Subject,
};

/// Takes one from a bucket; of an empty one, says how long until there is one again.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn take(
    connection: &mut PgConnection,
    subject: Subject,
    policy: BucketPolicy,
) -> QueryResult<Result<(), Duration>> {
    let interval = microseconds(policy.interval);
    let slack = interval.saturating_mul(i64::from(policy.burst.get() - 1));
    let taken = diesel::sql_query(
        "insert into throttle_buckets as bucket (subject, full_at)
         values ($1, clock_timestamp() + $2 * interval '1 microsecond')
         on conflict (subject) do update
         set full_at = greatest(bucket.full_at, clock_timestamp()) + $2 * interval '1 microsecond'
         where bucket.full_at <= clock_timestamp() + $3 * interval '1 microsecond'",
    )
    .bind::<Binary, _>(subject)
    .bind::<BigInt, _>(interval)
    .bind::<BigInt, _>(slack)
    .execute(connection)?;
    if taken == 1 {
        return Ok(Ok(()));
    }
    let wait = diesel::sql_query(
        "select extract(epoch from full_at - clock_timestamp())::double precision
                - $2 / 1e6::double precision as seconds
         from throttle_buckets where subject = $1",
    )
    .bind::<Binary, _>(subject)
    .bind::<BigInt, _>(slack);
    Ok(Err(remaining(connection, wait)?))
}

/// Puts one back, unless the bucket has filled meanwhile.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn give_back(
    connection: &mut PgConnection,
    subject: Subject,
    policy: BucketPolicy,
) -> QueryResult<()> {
    diesel::sql_query(
        "update throttle_buckets set full_at = full_at - $2 * interval '1 microsecond'
         where subject = $1 and full_at > clock_timestamp()",
    )
    .bind::<Binary, _>(subject)
    .bind::<BigInt, _>(microseconds(policy.interval))
    .execute(connection)
    .map(drop)
}

/// How long after the last of so many failures the next try is let in: nothing at first, then twice as long
/// each time. The placeholders are `$2` to `$4`.
const DELAY: &str = "(case when failures < $2 then 0
         else least($4, $3 * power(2::double precision, least(failures - $2, 40))) end
         * interval '1 microsecond')";

/// Counts a try as a failure, until it is known to be right; one that comes too early is told how long it
/// has to wait.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn add_failure(
    connection: &mut PgConnection,
    subject: Subject,
    policy: FailurePolicy,
) -> QueryResult<Result<(), Duration>> {
    let free = i32::try_from(policy.free.get()).unwrap_or(i32::MAX);
    let (first, longest) = (
        microseconds(policy.first_delay),
        microseconds(policy.longest_delay),
    );
    let added = diesel::sql_query(format!(
        "insert into throttle_failures as counted (subject, failures, last_at)
         values ($1, 1, clock_timestamp())
         on conflict (subject) do update
         set last_at = clock_timestamp(),
             failures = case when counted.last_at < clock_timestamp() - $5 * interval '1 microsecond'
                             then 1 else counted.failures + 1 end
         where counted.last_at + {} <= clock_timestamp()",
        DELAY.replace("failures", "counted.failures")
    ))
    .bind::<Binary, _>(subject)
    .bind::<Integer, _>(free)
    .bind::<BigInt, _>(first)
    .bind::<BigInt, _>(longest)
    .bind::<BigInt, _>(microseconds(policy.memory))
    .execute(connection)?;
    if added == 1 {
        return Ok(Ok(()));
    }
    let wait = diesel::sql_query(format!(
        "select extract(epoch from last_at + {DELAY} - clock_timestamp())::double precision as seconds
         from throttle_failures where subject = $1"
    ))
    .bind::<Binary, _>(subject)
    .bind::<Integer, _>(free)
    .bind::<BigInt, _>(first)
    .bind::<BigInt, _>(longest);
    Ok(Err(remaining(connection, wait)?))
}

/// Takes back a try of which nothing is known.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn take_back_failure(
    connection: &mut PgConnection,
    subject: Subject,
) -> QueryResult<()> {
    diesel::sql_query("delete from throttle_failures where subject = $1 and failures <= 1")
        .bind::<Binary, _>(subject)
        .execute(connection)?;
    diesel::sql_query("update throttle_failures set failures = failures - 1 where subject = $1")
        .bind::<Binary, _>(subject)
        .execute(connection)
        .map(drop)
}

/// Gives one subject the failures of another, unless it has more of its own.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn copy_failures(
    connection: &mut PgConnection,
    from: Subject,
    to: Subject,
) -> QueryResult<()> {
    diesel::sql_query(
        "insert into throttle_failures as counted (subject, failures, last_at)
         select $2, failures, last_at from throttle_failures where subject = $1
         on conflict (subject) do update
         set failures = greatest(counted.failures, excluded.failures),
             last_at = greatest(counted.last_at, excluded.last_at)",
    )
    .bind::<Binary, _>(from)
    .bind::<Binary, _>(to)
    .execute(connection)
    .map(drop)
}

/// Forgets all failures of a subject.
///
/// # Errors
///
/// The statement's failure.
pub(super) fn forget_failures(connection: &mut PgConnection, subject: Subject) -> QueryResult<()> {
    diesel::sql_query("delete from throttle_failures where subject = $1")
        .bind::<Binary, _>(subject)
        .execute(connection)
        .map(drop)
}

/// Deletes rows that no longer hold anyone up, at most so many of each kind, and says how many of the kind
/// with more. Rows that somebody has locked are left for the next time.
///
/// # Errors
///
/// A statement's failure.
pub fn delete_spent(
    connection: &mut PgConnection,
    memory: Duration,
    at_most: i64,
) -> QueryResult<usize> {
    let buckets = diesel::sql_query(
        "delete from throttle_buckets where subject in (
             select subject from throttle_buckets where full_at < clock_timestamp()
             limit $1 for update skip locked
         )",
    )
    .bind::<BigInt, _>(at_most)
    .execute(connection)?;
    let failures = diesel::sql_query(
        "delete from throttle_failures where subject in (
             select subject from throttle_failures
             where last_at < clock_timestamp() - $2 * interval '1 microsecond'
             limit $1 for update skip locked
         )",
    )
    .bind::<BigInt, _>(at_most)
    .bind::<BigInt, _>(microseconds(memory))
    .execute(connection)?;
    Ok(buckets.max(failures))
}

#[derive(QueryableByName)]
struct Wait {
    #[diesel(sql_type = Double)]
    seconds: f64,
}

/// The rest of a wait, as it is by now: it may be over.
fn remaining<'q>(
    connection: &mut PgConnection,
    wait: impl diesel::query_dsl::methods::LoadQuery<'q, PgConnection, Wait>,
) -> QueryResult<Duration> {
    let wait: Option<Wait> = wait.get_result(connection).optional()?;
    let seconds = wait.map_or(0.0, |wait| wait.seconds.max(0.0));
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
