//! `--help` lists every setting.

use std::{collections::BTreeSet, fs, path::Path};

use crate::run;

/// The names of variables in a text.
fn variables(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .filter(|word| word.starts_with("AUTH_") && word.len() > "AUTH_".len())
        .map(str::to_owned)
        .collect()
}

fn all() -> BTreeSet<String> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config");
    let files = fs::read_dir(room)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // What stands in folders are arguments of commands.
        .filter(|path| path.is_file());
    files
        .flat_map(|path| variables(&fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn help_lists_every_variable() {
    assert!(all().len() >= 21, "{:?}", all());
    for arguments in [&["serve", "--help"][..], &["--help"]] {
        let outcome = run(arguments, &[]);
        assert!(outcome.success);
        assert_eq!(variables(&outcome.stdout), all(), "{arguments:?}");
    }
}

#[test]
fn help_shows_no_secret_of_the_environment() {
    let environment = [
        ("AUTH_DATABASE_URL", "postgres://user:canary@localhost/db"),
        ("AUTH_MASTER_KEYS", "canary"),
        ("AUTH_ISSUER", "https://id.example"),
    ];
    for arguments in [
        &["serve", "--help"][..],
        &["migrate", "--help"],
        &["--help"],
    ] {
        let outcome = run(arguments, &environment);
        assert!(outcome.success);
        assert!(!outcome.stdout.contains("canary"), "{}", outcome.stdout);
    }
}

#[test]
fn the_example_environment_lists_every_variable() {
    assert_eq!(variables(include_str!("../../../.env.example")), all());
}

#[test]
fn a_command_is_needed_and_known() {
    for arguments in [
        &[][..],
        &["run"],
        &["serve", "--verbose"],
        &["serve", "extra"],
    ] {
        let outcome = run(arguments, &[]);
        assert!(!outcome.success, "{arguments:?}");
        assert!(outcome.stderr.contains("--help"), "{}", outcome.stderr);
    }
    let outcome = run(&["--version"], &[]);
    assert!(outcome.success && outcome.stdout.starts_with("auth-server "));
}
