//! The figures of a database's pool.

use super::exposition::Exposition;
use crate::database::DatabaseStatus;

pub(super) fn read(status: &DatabaseStatus, exposition: &mut Exposition) {
    let mut connections = exposition.gauge(
        "latchkey_database_connections",
        "Connections of the pool, idle and in use.",
    );
    connections.sample(&[("state", "idle")], status.idle);
    connections.sample(&[("state", "in_use")], status.in_use);
    exposition
        .gauge(
            "latchkey_database_connections_max",
            "Connections that the pool may have.",
        )
        .value(status.most);
    exposition
        .gauge(
            "latchkey_database_waiting",
            "Units of work that wait for a connection.",
        )
        .value(status.waiting);
    exposition
        .counter(
            "latchkey_database_work_total",
            "Units of work that got a connection.",
        )
        .value(status.served);
    exposition
        .counter(
            "latchkey_database_wait_seconds_total",
            "Time that units of work have waited for a connection, whether they got one or not.",
        )
        .value(status.waited.as_secs_f64());
    exposition
        .counter(
            "latchkey_database_timeouts_total",
            "Units of work that got no connection in time.",
        )
        .value(status.timeouts);
    exposition
        .counter(
            "latchkey_database_connect_failures_total",
            "Attempts to connect to the database that failed.",
        )
        .value(status.connect_failures);
}
