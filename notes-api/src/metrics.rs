//! The figures of this service: how what it learns from the issuer is doing.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use service_runtime::metrics::Metrics;
use shared_claims::remote::{KeysStatus, RemoteKeys, RemoteRevocations, RevocationsStatus};

/// The figures of these.
#[must_use]
pub fn of(keys: Arc<RemoteKeys>, revocations: Option<Arc<RemoteRevocations>>) -> Metrics {
    let metrics = Metrics::new().with(move || read_keys(&keys.status()));
    match revocations {
        Some(revocations) => metrics.with(move || read_feed(&revocations.status())),
        None => metrics,
    }
}

fn read_keys(status: &KeysStatus) {
    const KEYS: &str = "latchkey_key_set_keys";
    const AGE: &str = "latchkey_key_set_age_seconds";
    const FAILURES: &str = "latchkey_key_set_fetch_failures_total";

    describe_gauge!(KEYS, "Keys that access tokens are verified with.");
    gauge!(KEYS).set(count(status.keys));
    describe_gauge!(
        AGE,
        Unit::Seconds,
        "Time since the issuer last confirmed its keys; absent until it did."
    );
    set_age(AGE, status.since_success);
    describe_counter!(FAILURES, "Fetches of the keys that failed.");
    counter!(FAILURES).absolute(status.failures_total);
}

fn read_feed(status: &RevocationsStatus) {
    const UP: &str = "latchkey_revocation_feed_up";
    const ENTRIES: &str = "latchkey_revocation_feed_entries";
    const AGE: &str = "latchkey_revocation_feed_age_seconds";
    const FAILURES: &str = "latchkey_revocation_feed_poll_failures_total";

    describe_gauge!(
        UP,
        "1 while revocations are learned as they happen; 0 when tokens fall back to their expiry."
    );
    gauge!(UP).set(if status.up { 1.0 } else { 0.0 });
    describe_gauge!(ENTRIES, "Sessions and keys that are known to be revoked.");
    gauge!(ENTRIES).set(count(status.entries));
    describe_gauge!(
        AGE,
        Unit::Seconds,
        "Time since the issuer last confirmed its revocations; absent until it did."
    );
    set_age(AGE, status.since_success);
    describe_counter!(FAILURES, "Polls of the revocation feed that failed.");
    counter!(FAILURES).absolute(status.failures_total);
}

fn set_age(name: &'static str, age: Option<Duration>) {
    if let Some(age) = age {
        gauge!(name).set(age.as_secs_f64());
    }
}

/// A gauge holds whole numbers exactly up to 2⁵³; nothing that is counted here comes near 2³².
fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
