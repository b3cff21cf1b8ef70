//! Secrets among the settings: named when they are wrong, and never shown.

use std::fs;

use local_run::temporary::TemporaryDirectory;

use crate::{
    MASTER_KEY, run,
    settings::{DATABASE_URL, refused},
};

const SHORT_KEY: &str = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5";

#[test]
fn a_wrong_secret_is_named_and_not_shown() {
    let repeated = format!("{MASTER_KEY},{MASTER_KEY}");
    let second_short = format!("{MASTER_KEY},{SHORT_KEY}");
    let cases = [
        ("AUTH_MASTER_KEYS", "", "openssl rand -base64 32"),
        ("AUTH_MASTER_KEYS", ",", "openssl rand -base64 32"),
        (
            "AUTH_MASTER_KEYS",
            "canary",
            "entry 1 is not 32 bytes in base64",
        ),
        (
            "AUTH_MASTER_KEYS",
            SHORT_KEY,
            "entry 1 is not 32 bytes in base64",
        ),
        (
            "AUTH_MASTER_KEYS",
            &second_short,
            "entry 2 is not 32 bytes in base64",
        ),
        (
            "AUTH_MASTER_KEYS",
            &repeated,
            "entry 2 repeats an earlier one",
        ),
        ("AUTH_DATABASE_URL", "", "postgres://"),
        ("AUTH_DATABASE_URL", "canary", "postgres://"),
        (
            "AUTH_DATABASE_URL",
            "mysql://user:canary@localhost/db",
            "postgres://",
        ),
        (
            "AUTH_DATABASE_URL",
            "host=localhost password=canary",
            "postgres://",
        ),
        (
            "AUTH_DATABASE_URL",
            "postgres://u:canary@[::1/db",
            "postgres://",
        ),
        (
            "AUTH_DATABASE_URL",
            "postgres://u:canary@[::1]x/db",
            "postgres://",
        ),
        ("AUTH_DATABASE_URL", "postgres://u:canary%zz@h/db", "as %40"),
        ("AUTH_DATABASE_URL", "postgres://u:canary%@h/db", "as %40"),
        ("AUTH_DATABASE_URL", "postgres://u:canary%00@h/db", "as %40"),
        (
            "AUTH_DATABASE_URL",
            "postgres://u:can@canary@h/db",
            "as %40",
        ),
        (
            "AUTH_DATABASE_URL",
            "postgres://u:canary/canary@h/db",
            "as %40",
        ),
        (
            "AUTH_DATABASE_URL",
            "postgres://u:canary?canary@h/db",
            "as %40",
        ),
        ("AUTH_DATABASE_URL", "postgres://u:ca nary@h/db", "as %40"),
        (
            "AUTH_DATABASE_URL",
            "postgres://u:p@h:canary/db",
            "postgres://",
        ),
        (
            "AUTH_DATABASE_URL",
            "postgres://u:p@h/db?canary",
            "postgres://",
        ),
    ];
    for (name, value, wants) in cases {
        let said = refused(&[(name, value)]);
        assert!(
            said.contains(name) && said.contains(wants),
            "{name}={value}: {said}"
        );
        for secret in ["canary", MASTER_KEY, SHORT_KEY] {
            assert!(!said.contains(secret), "{name}={value}: {said}");
        }
    }
}

#[test]
fn a_missing_secret_is_asked_for() {
    let outcome = run(&["serve"], &[("AUTH_MASTER_KEYS", MASTER_KEY)]);
    assert!(!outcome.success);
    assert!(
        outcome.stderr.contains("AUTH_DATABASE_URL"),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains(MASTER_KEY), "{}", outcome.stderr);

    let outcome = run(&["serve"], &[("AUTH_DATABASE_URL", DATABASE_URL)]);
    assert!(!outcome.success);
    assert!(
        outcome.stderr.contains("AUTH_MASTER_KEYS"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("openssl rand -base64 32"),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("canary"), "{}", outcome.stderr);
}

#[test]
fn a_file_of_master_keys_has_to_be_one() {
    let directory = TemporaryDirectory::new("master-keys").unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("garbage"), "canary").unwrap();
    fs::write(path("empty"), "\n").unwrap();
    fs::write(path("sound"), format!("{MASTER_KEY}\n")).unwrap();
    let refused_file = |file: &str| {
        let environment = [
            ("AUTH_LISTEN", "127.0.0.1:0"),
            ("AUTH_DATABASE_URL", DATABASE_URL),
            ("AUTH_MASTER_KEYS_FILE", file),
        ];
        let outcome = run(&["serve"], &environment);
        assert!(!outcome.success, "{file}");
        assert!(!outcome.stderr.contains("canary"), "{}", outcome.stderr);
        outcome.stderr
    };
    for absent in [path("absent"), path("")] {
        let said = refused_file(&absent);
        assert!(
            said.contains("AUTH_MASTER_KEYS_FILE") && said.contains(&absent),
            "{said}"
        );
    }
    for unsound in [path("garbage"), path("empty")] {
        let said = refused_file(&unsound);
        assert!(said.contains("AUTH_MASTER_KEYS"), "{said}");
    }
    // Each may have a line of its own.
    fs::write(path("twice"), format!("{MASTER_KEY}\n{MASTER_KEY}\n")).unwrap();
    let said = refused_file(&path("twice"));
    assert!(said.contains("entry 2 repeats"), "{said}");
    let both = refused(&[("AUTH_MASTER_KEYS_FILE", &path("sound"))]);
    assert!(both.contains("cannot be used with"), "{both}");
    assert!(both.contains("AUTH_MASTER_KEYS_FILE"), "{both}");
    assert!(!both.contains(MASTER_KEY), "{both}");
}
