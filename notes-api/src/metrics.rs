//! The figures of this service alone: how what it learns from the issuer is doing.

use std::{sync::Arc, time::Duration};

use service_runtime::metrics::{BuildInfo, Exposition, Metrics, Requests};
use shared_claims::remote::{KeysStatus, RemoteKeys, RemoteRevocations, RevocationsStatus};

/// The figures of what every service has, and of these.
#[must_use]
pub fn of(
    requests: Requests,
    keys: Arc<RemoteKeys>,
    revocations: Option<Arc<RemoteRevocations>>,
) -> Metrics {
    let build = BuildInfo {
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    };
    let metrics =
        Metrics::of(build, requests).with(move |exposition| read_keys(&keys.status(), exposition));
    match revocations {
        Some(revocations) => {
            metrics.with(move |exposition| read_feed(&revocations.status(), exposition))
        }
        None => metrics,
    }
}

fn read_keys(status: &KeysStatus, exposition: &mut Exposition) {
    exposition
        .gauge(
            "latchkey_key_set_keys",
            "Keys that access tokens are verified with.",
        )
        .value(status.keys);
    exposition
        .gauge(
            "latchkey_key_set_age_seconds",
            "Time since the issuer last confirmed its keys; absent until it did.",
        )
        .value_if_known(seconds(status.since_success));
    exposition
        .counter(
            "latchkey_key_set_fetch_failures_total",
            "Fetches of the keys that failed.",
        )
        .value(status.failures_total);
}

fn read_feed(status: &RevocationsStatus, exposition: &mut Exposition) {
    exposition
        .gauge(
            "latchkey_revocation_feed_up",
            "1 while revocations are learned as they happen; 0 when tokens fall back to their expiry.",
        )
        .value(u8::from(status.up));
    exposition
        .gauge(
            "latchkey_revocation_feed_entries",
            "Sessions and keys that are known to be revoked.",
        )
        .value(status.entries);
    exposition
        .gauge(
            "latchkey_revocation_feed_age_seconds",
            "Time since the issuer last confirmed its revocations; absent until it did.",
        )
        .value_if_known(seconds(status.since_success));
    exposition
        .counter(
            "latchkey_revocation_feed_poll_failures_total",
            "Polls of the revocation feed that failed.",
        )
        .value(status.failures_total);
}

fn seconds(age: Option<Duration>) -> Option<f64> {
    age.map(|age| age.as_secs_f64())
}
