//! The edge where the time enters.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970. A clock that stands before 1970 makes every token one of the future, and so
/// refused.
pub(crate) fn unix_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the edge where the time enters")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |elapsed| {
        i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
    })
}
