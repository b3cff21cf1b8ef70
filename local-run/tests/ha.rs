//! The configuration for failover holds together. That it works, `make test-ha` shows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

const PATRONI: &str = include_str!("../../docker/ha/patroni.yml");
const POOLER: &str = include_str!("../../docker/ha/pgbouncer.ini");
const NODE: &str = include_str!("../../docker/ha/node.env.example");
const ETCD: &str = include_str!("../../docker/ha/etcd.env.example");
/// What the services set on a connection of their own.
const CONNECTOR: &str = include_str!("../../service-runtime/src/database/connector.rs");

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker/ha")
}

fn patroni() -> Yaml {
    YamlLoader::load_from_str(PATRONI).unwrap().remove(0)
}

/// What this name is set to, in a file of such lines.
fn value<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    file.lines().find_map(|line| {
        let (found, value) = line.split_once('=')?;
        (found.trim() == name).then_some(value.trim())
    })
}

#[test]
fn nothing_acknowledged_is_on_one_machine_alone_while_there_are_two() {
    let cluster = &patroni()["bootstrap"]["dcs"];
    assert_eq!(cluster["synchronous_mode"].as_bool(), Some(true));
    assert_eq!(cluster["postgresql"]["use_pg_rewind"].as_bool(), Some(true));
    // What pg_rewind needs.
    let checksums = Yaml::String("data-checksums".to_owned());
    assert!(
        patroni()["bootstrap"]["initdb"]
            .as_vec()
            .unwrap()
            .contains(&checksums)
    );
}

/// Patroni's own rule: whoever cannot renew the lock has given up before somebody else can take it.
#[test]
fn a_primary_gives_up_before_its_lock_runs_out() {
    let cluster = &patroni()["bootstrap"]["dcs"];
    let seconds = |name: &str| cluster[name].as_i64().unwrap();
    assert!(seconds("loop_wait") + 2 * seconds("retry_timeout") <= seconds("ttl"));
}

#[test]
fn every_program_that_patroni_calls_is_there_and_can_be_run() {
    let callbacks = &patroni()["postgresql"]["callbacks"];
    for (event, program) in callbacks.as_hash().unwrap() {
        let name = program.as_str().unwrap().strip_prefix("/etc/latchkey/ha/");
        let file = directory().join(name.unwrap());
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{event:?}");
    }
}

#[test]
fn nobody_comes_in_without_a_password() {
    let rules = &patroni()["bootstrap"]["dcs"]["postgresql"]["pg_hba"];
    for rule in rules.as_vec().unwrap() {
        assert!(
            rule.as_str().unwrap().ends_with(" scram-sha-256"),
            "{rule:?}"
        );
    }
    assert_eq!(value(POOLER, "auth_type"), Some("scram-sha-256"));
}

/// What the services set on a connection of their own, PgBouncer sets on its own.
#[test]
fn connections_of_the_pooler_have_the_bounds_of_the_services() {
    let bound = |name: &str| -> u64 {
        let line = CONNECTOR
            .lines()
            .find(|line| line.starts_with(&format!("const {name}:")));
        let (_, value) = line.unwrap().split_once("from_secs(").unwrap();
        value.trim_end_matches(");").parse::<u64>().unwrap() * 1_000
    };
    let bounds = format!(
        "connect_query='set statement_timeout = {}; set lock_timeout = {}; \
         set idle_in_transaction_session_timeout = {}'",
        bound("STATEMENT_TIMEOUT"),
        bound("LOCK_TIMEOUT"),
        bound("IDLE_TRANSACTION_TIMEOUT"),
    );
    for database in ["latchkey_auth", "latchkey_notes"] {
        assert!(
            value(POOLER, database).unwrap().ends_with(&bounds),
            "{database}"
        );
    }
    assert_eq!(value(POOLER, "pool_mode"), Some("transaction"));
}

#[test]
fn the_examples_hold_no_password() {
    for line in NODE.lines().chain(ETCD.lines()) {
        if let Some((name, value)) = line.split_once('=')
            && name.ends_with("_PASSWORD")
        {
            assert_eq!(value, "", "{name}");
        }
    }
    let (port, pooler) = (value(NODE, "#POOLER_PORT"), value(POOLER, "listen_port"));
    assert!(port.is_some());
    assert_eq!(port, pooler);
}
