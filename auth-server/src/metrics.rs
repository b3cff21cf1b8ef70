//! The figures of this service alone.

use std::sync::Arc;

use service_runtime::metrics::{BuildInfo, Exposition, Metrics, Requests};

use crate::{clean_up::CleanUpRecord, state::AuthState};

/// The figures of what every service has, and of these.
#[must_use]
pub fn of(requests: Requests, state: Arc<AuthState>, clean_up: Arc<CleanUpRecord>) -> Metrics {
    let build = BuildInfo {
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    };
    Metrics::of(build, requests)
        .with_database(state.database.clone())
        .with(move |exposition| read(&state, exposition))
        .with(move |exposition| clean_up.read(exposition))
}

fn read(state: &AuthState, exposition: &mut Exposition) {
    state.outcomes.read(exposition);
    state.throttle.read(exposition);
    let gate = state.passwords.gate();
    gate.usage().read(gate.at_the_gate(), exposition);
    state.keys.status().read(exposition);
    state.revocations.status().read(exposition);
}
