//! A configuration for Prometheus that asks every replica of a stack for its figures, and goes by the
//! alert rules of `docker/observability/`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::stack::Stack;

/// The folder of dashboards and rules, of the checkout that this program was built from.
#[must_use]
pub fn observability_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker/observability")
}

/// The configuration, for replicas that serve figures; each is asked once in an interval.
#[must_use]
pub fn configuration(stack: &Stack, interval: Duration) -> String {
    let rules = observability_directory().join("alerts.yml");
    let rules = rules.canonicalize().unwrap_or(rules);
    let milliseconds = interval.as_millis();
    let mut text = format!(
        "global:
  scrape_interval: {milliseconds}ms
  scrape_timeout: {milliseconds}ms
  evaluation_interval: {milliseconds}ms

rule_files:
  - {}

scrape_configs:
",
        rules.display()
    );
    for (job, replicas) in [
        ("auth-server", &stack.auth_servers),
        ("notes-api", &stack.notes_apis),
    ] {
        put(
            &mut text,
            format_args!("  - job_name: {job}\n    static_configs:\n"),
        );
        for replica in replicas {
            if let Some(port) = replica.metrics_port() {
                let name = replica.name();
                put(
                    &mut text,
                    format_args!(
                        "      - targets: [\"127.0.0.1:{port}\"]\n        labels: {{instance: {name}}}\n"
                    ),
                );
            }
        }
    }
    text
}

/// Writing into a string cannot fail.
fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}
