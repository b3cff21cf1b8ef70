//! When to fetch next.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// For an issuer that does not say how long its keys are fresh.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5 * 60);
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// How long after a fetch the next one is due: between three quarters and nine tenths of the time
/// for which the answer is fresh, so that fresh keys are there before the old ones are stale and
/// the services of a deployment do not ask all at once. `jitter` lies between 0 and 1.
pub(super) fn refresh_after(
    cache_control: Option<&str>,
    min: Duration,
    max: Duration,
    jitter: f64,
) -> Duration {
    let fresh_for = cache_control.map_or(Some(DEFAULT_MAX_AGE), max_age);
    let fresh_for = fresh_for.unwrap_or(DEFAULT_MAX_AGE).min(max);
    fresh_for.mul_f64(0.75 + 0.15 * jitter).max(min)
}

/// How long after a failure to try again: half a second at first, doubled each time up to half a
/// minute, and of that between a half and the whole. `failures` counts those in a row.
pub(super) fn retry_after(failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let backoff = FIRST_RETRY.saturating_mul(1 << doublings).min(LAST_RETRY);
    backoff.mul_f64(0.5 + 0.5 * jitter)
}

/// How long after the beginning of a poll to begin the next one: the interval or up to a tenth
/// less, never more, since the interval is a promise.
pub(super) fn poll_after(interval: Duration, jitter: f64) -> Duration {
    interval.mul_f64(1.0 - 0.1 * jitter)
}

/// A number between 0 and 1 that differs between processes and calls. It keeps no secret.
pub(super) fn jitter() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    f64::from((random >> 48) as u16) / f64::from(u16::MAX)
}

/// The freshness that `Cache-Control` gives (RFC 9111 §5.2.2); none at all for `no-store` and
/// `no-cache`. `None` when it does not say.
fn max_age(cache_control: &str) -> Option<Duration> {
    let mut fresh_for = None;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        if name.eq_ignore_ascii_case("max-age") && fresh_for.is_none() {
            let seconds = value.trim().trim_matches('"').parse().ok();
            fresh_for = seconds.map(Duration::from_secs);
        }
    }
    fresh_for
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_secs(10);
    const MAX: Duration = Duration::from_secs(1000);

    fn earliest(cache_control: Option<&str>) -> Duration {
        refresh_after(cache_control, MIN, MAX, 0.0)
    }

    #[test]
    fn a_refresh_is_due_before_the_answer_is_stale() {
        let header = Some("public, max-age=100");
        assert_eq!(
            refresh_after(header, MIN, MAX, 0.0),
            Duration::from_secs(75)
        );
        assert_eq!(
            refresh_after(header, MIN, MAX, 1.0),
            Duration::from_secs(90)
        );
    }

    #[test]
    fn max_age_is_believed_within_bounds() {
        assert_eq!(earliest(Some("max-age=0")), MIN);
        assert_eq!(
            earliest(Some("max-age=99999999999")),
            Duration::from_secs(750)
        );
    }

    #[test]
    fn cache_control_is_read_as_servers_write_it() {
        for (header, seconds) in [
            ("MAX-AGE=100", 75),
            ("max-age=\"100\"", 75),
            ("public,max-age=100,must-revalidate", 75),
            ("max-age=100, no-cache", 10),
            ("no-store", 10),
            ("s-maxage=100", 225),
            ("max-age=-1", 225),
            ("max-age=18446744073709551616", 225),
            ("", 225),
        ] {
            assert_eq!(
                earliest(Some(header)),
                Duration::from_secs(seconds),
                "{header}"
            );
        }
        assert_eq!(earliest(None), Duration::from_secs(225));
    }

    #[test]
    fn retries_slow_down_to_half_a_minute() {
        assert_eq!(retry_after(1, 1.0), Duration::from_millis(500));
        assert_eq!(retry_after(2, 1.0), Duration::from_secs(1));
        assert_eq!(retry_after(2, 0.0), Duration::from_millis(500));
        assert_eq!(retry_after(7, 1.0), Duration::from_secs(30));
        assert_eq!(retry_after(u32::MAX, 1.0), Duration::from_secs(30));
    }

    #[test]
    fn a_poll_is_never_late() {
        let interval = Duration::from_secs(5);
        assert_eq!(poll_after(interval, 0.0), interval);
        assert_eq!(poll_after(interval, 1.0), Duration::from_millis(4500));
    }

    #[test]
    fn jitter_is_a_fraction() {
        assert!((0..100).all(|_| (0.0..=1.0).contains(&jitter())));
    }
}
