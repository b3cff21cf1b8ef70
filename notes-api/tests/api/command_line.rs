//! The binary: its settings, and what it says of those that it cannot use.

use std::process::{Command, Output};

use crate::harness::{Database, TestService};

const PASSWORD: &str = "canary-7f3a";

fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_notes-api"))
        .args(arguments)
        .env_clear()
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn help_lists_every_setting_with_its_default() {
    let url = format!("postgres://u:{PASSWORD}@h/d");
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let output = run(arguments, &[("NOTES_DATABASE_URL", &url)]);
        assert!(output.status.success());
        // Lines are wrapped anywhere.
        let help = said(&output);
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for (variable, default) in [
            ("NOTES_LOG_FORMAT", "text"),
            ("NOTES_LISTEN", "127.0.0.1:8082"),
            ("NOTES_DATABASE_URL", ""),
            ("NOTES_DATABASE_POOL", "16"),
            ("NOTES_DATABASE_PREPARE", "on"),
            ("NOTES_ISSUER", "http://localhost:8080"),
            ("NOTES_AUDIENCE", "notes-api"),
            ("NOTES_JWKS_URL", "/.well-known/jwks.json"),
            ("NOTES_REVOCATIONS", "on"),
            ("NOTES_REVOCATIONS_URL", "revocations.jwt beside"),
            ("NOTES_REVOCATIONS_POLL", "5s"),
            ("NOTES_METRICS_LISTEN", ""),
            ("NOTES_ACCESS_COOKIE", ""),
            ("NOTES_ALLOWED_ORIGINS", ""),
        ] {
            assert!(
                help.contains(&format!("[env: {variable}")),
                "{variable} in {help}"
            );
            if !default.is_empty() {
                assert!(
                    help.contains(&format!("[default: {default}")),
                    "{default} in {help}"
                );
            }
        }
        assert!(!help.contains(PASSWORD), "{help}");
    }
}

/// The process does not start; it names the variable, and what it wants instead.
#[test]
fn a_setting_that_cannot_be_used_is_named() {
    let good = format!("postgres://u:{PASSWORD}@127.0.0.1:1/d");
    let mysql = format!("mysql://u:{PASSWORD}@h/d");
    let jwks_url = format!("http://u:{PASSWORD}@h/jwks.json");
    let cases = [
        (&[][..], "NOTES_DATABASE_URL", ""),
        (
            &[("NOTES_DATABASE_URL", mysql.as_str())],
            "NOTES_DATABASE_URL",
            "postgres://",
        ),
        (
            &[("NOTES_DATABASE_POOL", "0")],
            "NOTES_DATABASE_POOL",
            "1..=1000",
        ),
        (
            &[("NOTES_DATABASE_PREPARE", "maybe")],
            "NOTES_DATABASE_PREPARE",
            "on, off",
        ),
        (
            &[("NOTES_LOG_FORMAT", "xml")],
            "NOTES_LOG_FORMAT",
            "text, json",
        ),
        (
            &[("NOTES_LISTEN", "8082")],
            "NOTES_LISTEN",
            "socket address",
        ),
        (
            &[("NOTES_ISSUER", "http://localhost:8080/")],
            "NOTES_ISSUER",
            "without a path",
        ),
        (&[("NOTES_AUDIENCE", "")], "NOTES_AUDIENCE", ""),
        (
            &[("NOTES_JWKS_URL", "/jwks.json")],
            "NOTES_JWKS_URL",
            "an http or https URL",
        ),
        (
            &[("NOTES_JWKS_URL", jwks_url.as_str())],
            "NOTES_JWKS_URL",
            "without user name",
        ),
        (
            &[("NOTES_REVOCATIONS", "maybe")],
            "NOTES_REVOCATIONS",
            "on, off",
        ),
        (
            &[("NOTES_REVOCATIONS_URL", "/revocations.jwt")],
            "NOTES_REVOCATIONS_URL",
            "an http or https URL",
        ),
        (
            &[("NOTES_REVOCATIONS_URL", jwks_url.as_str())],
            "NOTES_REVOCATIONS_URL",
            "without user name",
        ),
        (
            &[("NOTES_REVOCATIONS_POLL", "99ms")],
            "NOTES_REVOCATIONS_POLL",
            "from 100ms to 1m",
        ),
        (
            &[("NOTES_REVOCATIONS_POLL", "61s")],
            "NOTES_REVOCATIONS_POLL",
            "from 100ms to 1m",
        ),
        (
            &[("NOTES_METRICS_LISTEN", "9090")],
            "NOTES_METRICS_LISTEN",
            "socket address",
        ),
        (
            &[("NOTES_ACCESS_COOKIE", "a b")],
            "NOTES_ACCESS_COOKIE",
            "the name of a cookie",
        ),
        (
            &[("NOTES_ALLOWED_ORIGINS", "*")],
            "NOTES_ALLOWED_ORIGINS",
            "an origin such as",
        ),
    ];
    for (settings, variable, wanted) in cases {
        let mut all = vec![("NOTES_LISTEN", "127.0.0.1:0")];
        if variable != "NOTES_DATABASE_URL" {
            all.push(("NOTES_DATABASE_URL", &good));
        }
        all.extend(settings);
        let output = run(&["serve"], &all);
        let said = said(&output);
        assert!(!output.status.success());
        assert!(said.contains(variable), "{variable} in {said}");
        assert!(said.contains(wanted), "{wanted} in {said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
}

#[test]
fn migrate_brings_an_empty_database_up_to_date_once() {
    let database = Database::not_migrated();
    let settings = [("NOTES_DATABASE_URL", database.owner_url())];
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let first = run(&["migrate"], &settings);
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("applied"));
    let second = run(&["migrate"], &settings);
    assert!(second.status.success());
    assert!(!said(&second).contains("applied"));
    assert!(database.notes().is_empty());
}

/// R62: not with the role that the service runs as.
#[test]
fn migrate_needs_the_owner() {
    let database = Database::not_migrated();
    let output = run(
        &["migrate"],
        &[("NOTES_DATABASE_URL", &database.service_url())],
    );
    assert!(!output.status.success());
    assert!(
        said(&output).contains("permission denied"),
        "{}",
        said(&output)
    );
}

#[test]
fn the_health_check_tells_whether_the_service_is_live() {
    let service = TestService::start();
    let address = service.address();
    let check = |address: &str| run(&["healthcheck"], &[("NOTES_LISTEN", address)]);
    assert!(check(&address).status.success());
    drop(service);
    assert!(!check(&address).status.success());
}
