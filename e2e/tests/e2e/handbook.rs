//! The operator's handbook, `docs/operating.md`: its first day is lived through as it stands there, and what it lists
//! is all there is.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use local_run::binaries::Binaries;
use local_run::temporary::TemporaryDirectory;
use local_run::{operator, port, prometheus};

use crate::harness::programs::{repository, run};
use crate::harness::system::{System, start};

fn handbook() -> String {
    fs::read_to_string(repository().join("docs/operating.md")).unwrap()
}

/// An administrator, a hundred thousand people from a dump, a login, Prometheus, a rotation and a ban, with nothing
/// but what the handbook says.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_goes_as_the_handbook_says() {
    let system = start(|settings| {
        settings.metrics = true;
        // Or else the new key would be waited for for five minutes.
        settings.set_auth("AUTH_JWKS_MAX_AGE", "10s");
    })
    .await;
    let checkout = checkout_of(&system);
    let handbook = handbook();
    let (_, rest) = handbook.split_once("\n## The first day\n").unwrap();
    let (day, _) = rest.split_once("\n## ").unwrap();
    let blocks: Vec<&str> = day
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert_eq!(blocks.len(), 6);
    let port = port::free().unwrap();
    let at = format!("127.0.0.1:{port}");
    let commands = blocks.concat().replace("localhost:9090", &at).replace(
        "prometheus --config.file",
        &format!("prometheus --web.listen-address={at} --config.file"),
    );
    let said = run(Command::new("bash")
        .args(["-euo", "pipefail", "-c", &commands])
        .current_dir(checkout.path()));

    for expected in [
        "\"administrator\": true",
        "A dry run, nothing has changed. People who would be imported: 100000, lines refused: 0.",
        "People imported: 100000, lines refused: 0",
        "{\"notes\":[],\"next_cursor\":null}",
        "username         person7",
        " signs now.",
        "\"disabled_reason\":\"Reported for spam\"",
        " s: session_revoked\n",
        "user_disabled",
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
    assert!(!said.contains("lkrt_"), "{said}");
}

/// As after `make start`.
fn checkout_of(system: &System) -> TemporaryDirectory {
    let checkout = TemporaryDirectory::new("first-day").unwrap();
    let local = checkout.path().join(".local");
    fs::create_dir(&local).unwrap();
    let put = |name: &str, text: String| fs::write(local.join(name), text).unwrap();
    put("url", format!("{}\n", system.stack.url()));
    let every_second = Duration::from_secs(1);
    put(
        "prometheus.yml",
        prometheus::configuration(&system.stack, every_second),
    );
    put(
        "auth-server",
        operator::script(&system.stack, &system.settings),
    );
    let mode = fs::Permissions::from_mode(0o700);
    fs::set_permissions(local.join("auth-server"), mode).unwrap();
    checkout
}

#[test]
fn every_alert_is_explained_and_nothing_else() {
    let handbook = handbook();
    let (_, alerts) = handbook.split_once("\n## Alerts\n").unwrap();
    let (alerts, _) = alerts.split_once("\n## ").unwrap();
    let explained: BTreeSet<&str> = alerts
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    let rules = prometheus::observability_directory().join("alerts.yml");
    let rules = fs::read_to_string(rules).unwrap();
    let lines = || rules.lines().map(str::trim);
    let named: BTreeSet<&str> = lines()
        .filter_map(|line| line.strip_prefix("- alert: "))
        .collect();
    assert_eq!(explained, named);
    let runbooks: BTreeSet<&str> = lines()
        .filter_map(|line| line.strip_prefix("runbook: docs/operating.md#"))
        .collect();
    let anchors: BTreeSet<String> = named.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(
        runbooks,
        anchors.iter().map(String::as_str).collect::<BTreeSet<_>>()
    );
}

/// With `LATCHKEY_WRITE_SETTINGS=1` the tables are written anew.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a variable for test runs, not a setting"
)]
fn every_setting_is_listed_as_help_tells_it() {
    let binaries = Binaries::for_tests().unwrap();
    let before = handbook();
    let mut after = before.clone();
    for service in ["auth-server", "notes-api"] {
        let help = run(Command::new(binaries.path(service))
            .args(["serve", "--help"])
            .env_clear());
        let begin = format!("<!-- settings of {service} -->\n");
        let (head, rest) = after.split_once(&begin).unwrap();
        let (_, tail) = rest.split_once("<!-- end of settings -->").unwrap();
        after = format!(
            "{head}{begin}{}<!-- end of settings -->{tail}",
            table(&help)
        );
    }
    if std::env::var_os("LATCHKEY_WRITE_SETTINGS").is_some() {
        fs::write(repository().join("docs/operating.md"), after).unwrap();
        return;
    }
    assert!(
        before == after,
        "docs/operating.md does not list the settings as they are; \
         LATCHKEY_WRITE_SETTINGS=1 cargo test -p e2e --test e2e -- every_setting_is_listed writes them"
    );
}

/// The settings that a help text lists, as a table.
fn table(help: &str) -> String {
    let mut table = String::from("| variable | default | meaning |\n|---|---|---|\n");
    let (_, options) = help.split_once("\nOptions:").unwrap();
    for option in options.split("\n      --").skip(1) {
        let (_, body) = option.split_once('\n').unwrap_or((option, ""));
        let lines: Vec<&str> = body.lines().map(str::trim).collect();
        let within = |start: &str| {
            let mut found = lines.iter().filter_map(|line| line.strip_prefix(start));
            found.next().and_then(|rest| rest.strip_suffix(']'))
        };
        let Some(variable) = within("[env: ") else {
            continue;
        };
        let variable = variable.trim_end_matches('=');
        let paragraphs = lines.split(|line| line.is_empty());
        let meaning = paragraphs
            .map(|paragraph| paragraph.join(" "))
            .find(|text| !text.is_empty())
            .unwrap();
        let default = within("[default: ").map_or(String::new(), |text| format!("`{text}`"));
        writeln!(table, "| `{variable}` | {default} | {meaning} |").unwrap();
    }
    table
}
