//! A wrong setting keeps the server from starting, and says which it is.

use std::fs;

use local_run::{port, temporary::TemporaryDirectory, wait};

use crate::{MASTER_KEY, run, start};

pub(crate) const DATABASE_URL: &str = "postgres://user:canary-password@127.0.0.1:1/none";

/// Runs `serve` with one setting in place of a sound one, and returns what it said.
#[track_caller]
pub(crate) fn refused(changed: &[(&str, &str)]) -> String {
    let sound = [
        ("AUTH_LISTEN", "127.0.0.1:0"),
        ("AUTH_DATABASE_URL", DATABASE_URL),
        ("AUTH_MASTER_KEYS", MASTER_KEY),
    ];
    let mut environment: Vec<(&str, &str)> = sound
        .into_iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name))
        .collect();
    environment.extend(changed);
    let outcome = run(&["serve"], &environment);
    assert!(!outcome.success, "{changed:?} was taken");
    assert_eq!(outcome.stdout, "");
    outcome.stderr
}

/// Each with what it is named with.
const WRONG: &[(&str, &str, &str)] = &[
    ("AUTH_LOG_FORMAT", "xml", "text, json"),
    ("AUTH_LISTEN", "8081", "socket address"),
    ("AUTH_LISTEN", "localhost", "socket address"),
    ("AUTH_LISTEN", "127.0.0.1:99999", "socket address"),
    ("AUTH_METRICS_LISTEN", "9081", "socket address"),
    ("AUTH_DATABASE_POOL", "0", "1..=1000"),
    ("AUTH_DATABASE_POOL", "1001", "1..=1000"),
    ("AUTH_DATABASE_POOL", "many", "digit"),
    ("AUTH_DATABASE_PREPARE", "maybe", "on, off"),
    ("AUTH_ISSUER", "localhost:8080", "https://notes.example.org"),
    ("AUTH_ISSUER", "https://a.example/", "without a path"),
    ("AUTH_ISSUER", "https://a.example/auth", "without a path"),
    (
        "AUTH_ISSUER",
        "https://A.example",
        "https://notes.example.org",
    ),
    ("AUTH_SCOPE", "notes:read  notes:write", "single spaces"),
    ("AUTH_SCOPE", "notes:\"read\"", "printable ASCII"),
    ("AUTH_SCOPE", "notes:read auth:admin", "for administrators"),
    (
        "AUTH_ACCESS_TOKEN_TTL",
        "soon",
        "200ms, 30s, 15m, 12h or 90d",
    ),
    (
        "AUTH_ACCESS_TOKEN_TTL",
        "-1s",
        "200ms, 30s, 15m, 12h or 90d",
    ),
    (
        "AUTH_ACCESS_TOKEN_TTL",
        "1.5h",
        "200ms, 30s, 15m, 12h or 90d",
    ),
    ("AUTH_ACCESS_TOKEN_TTL", "999ms", "1s to 3600s"),
    ("AUTH_ACCESS_TOKEN_TTL", "61m", "1s to 3600s"),
    ("AUTH_REFRESH_GRACE", "soon", "200ms, 30s, 15m, 12h or 90d"),
    ("AUTH_REFRESH_GRACE", "7d", "less than AUTH_SESSION_IDLE"),
    ("AUTH_SESSION_IDLE", "0", "1s"),
    ("AUTH_SESSION_IDLE", "4000d", "at most 3650d"),
    ("AUTH_SESSION_ABSOLUTE", "0", "1s"),
    (
        "AUTH_SESSION_ABSOLUTE",
        "forever",
        "200ms, 30s, 15m, 12h or 90d",
    ),
    ("AUTH_JWKS_MAX_AGE", "0", "1s to 86400s"),
    ("AUTH_JWKS_MAX_AGE", "25h", "1s to 86400s"),
    ("AUTH_KEY_ROTATION", "0", "1s"),
    // Hundreds of keys would be published at once.
    ("AUTH_KEY_ROTATION", "1s", "56 may be"),
    (
        "AUTH_SESSION_RETENTION",
        "forever",
        "200ms, 30s, 15m, 12h or 90d",
    ),
    (
        "AUTH_EVENT_RETENTION",
        "forever",
        "200ms, 30s, 15m, 12h or 90d",
    ),
    ("AUTH_EVENT_RETENTION", "0", "604800s or more"),
    ("AUTH_EVENT_RETENTION", "6d", "604800s or more"),
    ("AUTH_EVENT_RETENTION", "604799s", "604800s or more"),
    ("AUTH_CLEAN_UP_INTERVAL", "99ms", "100ms"),
    ("AUTH_RSA_BITS", "1024", "2048, 3072 or 4096"),
    ("AUTH_RSA_BITS", "2049", "2048, 3072 or 4096"),
    ("AUTH_SESSIONS_PER_PERSON", "1001", "1..=1000"),
    ("AUTH_THROTTLE", "maybe", "possible values: on, off"),
    ("AUTH_THROTTLE_ADDRESS_BURST", "0", "zero"),
    ("AUTH_THROTTLE_ACCOUNT_LONGEST_DELAY", "2h", "to 3600s"),
    ("AUTH_THROTTLE_ACCOUNT_FIRST_DELAY", "16m", "to 900s"),
    ("AUTH_THROTTLE_ACCOUNT_MEMORY", "10m", "900s or more"),
    ("AUTH_BCRYPT_COST", "9", "10..=16"),
    ("AUTH_BCRYPT_COST", "17", "10..=16"),
    ("AUTH_ACCESS_COOKIE", "yes", "true, false"),
    ("AUTH_ALLOWED_ORIGINS", "*", "https://notes.example.org"),
    ("AUTH_ALLOWED_ORIGINS", "null", "https://notes.example.org"),
    (
        "AUTH_ALLOWED_ORIGINS",
        "https://a.example,b.example",
        "https://notes.example.org",
    ),
    ("AUTH_TRUSTED_PROXIES", "all", "invalid IP address"),
    ("AUTH_TRUSTED_PROXIES", "10.0.0.0/33", "invalid IP address"),
];

#[test]
fn a_wrong_setting_is_named_with_what_it_holds_and_what_it_wants() {
    for (name, value, wants) in WRONG {
        let said = refused(&[(name, value)]);
        for expected in [name, value.rsplit(',').next().unwrap(), wants] {
            // A length of time is repeated as it was understood.
            let repeated = said.contains(expected) || *value == expected;
            assert!(repeated, "{name}={value}: no {expected} in: {said}");
        }
        assert!(
            said.contains(name) && said.contains(wants),
            "{name}={value}: {said}"
        );
        assert!(
            !said.contains("canary") && !said.contains(MASTER_KEY),
            "{said}"
        );
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_grace_window_longer_than_a_session_is_refused() {
    for (name, value) in [
        ("AUTH_SESSION_IDLE", "30s"),
        ("AUTH_SESSION_ABSOLUTE", "20s"),
    ] {
        let said = refused(&[(name, value)]);
        assert!(
            said.contains("AUTH_REFRESH_GRACE") && said.contains(name),
            "{said}"
        );
    }
}

#[test]
fn every_setting_takes_another_value_than_its_default() {
    let directory = TemporaryDirectory::new("master-keys").unwrap();
    let keys = directory.path().join("keys");
    fs::write(&keys, format!(" {MASTER_KEY} \n")).unwrap();
    let listen = format!("127.0.0.1:{}", port::free().unwrap());
    let server = start(
        &["serve"],
        &[
            ("AUTH_LISTEN", &listen),
            ("AUTH_DATABASE_URL", DATABASE_URL),
            ("AUTH_METRICS_LISTEN", "127.0.0.1:0"),
            ("AUTH_DATABASE_POOL", "1"),
            ("AUTH_ISSUER", "https://id.example:8443"),
            ("AUTH_AUDIENCES", "notes-api, photos-api"),
            ("AUTH_SCOPE", ""),
            ("AUTH_MASTER_KEYS_FILE", keys.to_str().unwrap()),
            ("AUTH_ACCESS_TOKEN_TTL", "60"),
            ("AUTH_REFRESH_GRACE", "0"),
            ("AUTH_SESSION_IDLE", "12h"),
            ("AUTH_SESSION_ABSOLUTE", "1d"),
            ("AUTH_JWKS_MAX_AGE", "1m"),
            ("AUTH_KEY_ROTATION", "1d"),
            ("AUTH_SESSION_RETENTION", "0"),
            ("AUTH_EVENT_RETENTION", "7d"),
            ("AUTH_CLEAN_UP_INTERVAL", "1m"),
            ("AUTH_RSA_BITS", "4096"),
            ("AUTH_BCRYPT_COST", "16"),
            ("AUTH_ACCESS_COOKIE", "true"),
            ("AUTH_SESSIONS_PER_PERSON", "1"),
            ("AUTH_THROTTLE_ADDRESS_BURST", "1"),
            ("AUTH_THROTTLE_ADDRESS_PER_MINUTE", "1000000"),
            ("AUTH_THROTTLE_ACCOUNT_FREE", "1"),
            ("AUTH_THROTTLE_ACCOUNT_FIRST_DELAY", "1ms"),
            ("AUTH_THROTTLE_ACCOUNT_LONGEST_DELAY", "1h"),
            ("AUTH_THROTTLE_ACCOUNT_MEMORY", "7d"),
            ("AUTH_THROTTLE_REGISTRATION_BURST", "1"),
            ("AUTH_THROTTLE_REGISTRATION_PER_MINUTE", "1000000"),
            ("AUTH_THROTTLE_FLOOD_BURST", "1"),
            ("AUTH_THROTTLE_FLOOD_PER_MINUTE", "1000000"),
            (
                "AUTH_ALLOWED_ORIGINS",
                "https://a.example,http://[::1]:3000",
            ),
            ("AUTH_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8"),
            ("RUST_LOG", "warn"),
            ("AUTH_LOG_FORMAT", "json"),
        ],
    );
    wait::until("an answer", std::time::Duration::from_secs(20), || {
        let healthy = run(&["healthcheck"], &[("AUTH_LISTEN", &listen)]);
        Ok(healthy.success.then_some(()))
    })
    .unwrap();
    drop(server);
}

#[test]
fn an_address_in_use_is_named_and_a_throttle_that_is_off_is_warned_of() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for throttle in ["on", "off"] {
        let said = refused(&[("AUTH_LISTEN", &address), ("AUTH_THROTTLE", throttle)]);
        assert!(said.contains(&address), "{said}");
        assert_eq!(
            said.contains("AUTH_THROTTLE=off"),
            throttle == "off",
            "{said}"
        );
    }
}
