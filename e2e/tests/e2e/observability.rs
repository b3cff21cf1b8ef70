//! What an operator watches Latchkey with: a real Prometheus scrapes it, and every query that stands in the
//! dashboard and in the alert rules is asked.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use local_run::daemon::Daemon;
use local_run::prometheus::observability_directory;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::harness::client::{Client, PASSWORD};
use crate::harness::programs::{run, run_with_input};
use crate::harness::prometheus::Prometheus;
use crate::harness::system::{System, start};

const GRACE: Duration = Duration::from_millis(200);
const INTERVAL: Duration = Duration::from_millis(500);
/// Far above what it takes until all rates are known.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test]
async fn every_query_of_the_dashboard_answers_and_every_alert_is_looked_at() {
    let mut system = start(|settings| {
        settings.metrics = true;
        settings.set_auth("AUTH_REFRESH_GRACE", "200ms");
    })
    .await;
    let directory = system.settings.directory.join("prometheus");
    let prometheus = Prometheus::start(&system.stack, &directory, INTERVAL);

    let mut unanswered = dashboard_queries();
    assert!(unanswered.len() > 50, "{unanswered:?}");
    let answered = timeout(PATIENCE, async {
        while !unanswered.is_empty() {
            live_for_a_while(&system).await;
            let mut still = BTreeSet::new();
            for query in &unanswered {
                let found = prometheus.query(query).await;
                if !found.iter().any(|sample| sample.value.is_finite()) {
                    still.insert(query.clone());
                }
            }
            unanswered = still;
        }
    });
    let answered = answered.await;
    assert!(answered.is_ok(), "no answer: {unanswered:#?}");

    let up = prometheus.query("up").await;
    let replicas: BTreeSet<&str> = up
        .iter()
        .filter(|sample| sample.value > 0.0)
        .map(|sample| sample.labels["instance"].as_str().unwrap())
        .collect();
    let all = [
        "auth-server-1",
        "auth-server-2",
        "notes-api-1",
        "notes-api-2",
    ];
    assert_eq!(replicas, BTreeSet::from(all));
    // Whatever clients make up, a replica has this many samples at the most.
    for sample in prometheus.query("scrape_samples_scraped").await {
        assert!(sample.value < 1_500.0, "{sample:?}");
    }

    assert_rules_work(&prometheus).await;
    run(Command::new("promtool")
        .args(["check", "config"])
        .arg(prometheus.configuration()));

    system.stack.notes_apis[1].kill();
    let noticed = r#"ALERTS{alertname="LatchkeyDown", instance="notes-api-2"}"#;
    let noticed = timeout(PATIENCE, async {
        while prometheus.query(noticed).await.is_empty() {
            sleep(INTERVAL).await;
        }
    });
    assert!(noticed.await.is_ok(), "nobody noticed");
}

/// Names, types, units and meanings follow Prometheus' conventions, on a listener that clients cannot reach.
#[tokio::test]
async fn the_figures_are_as_prometheus_wants_them_and_the_gateway_does_not_lead_there() {
    let system = start(|settings| settings.metrics = true).await;
    live_for_a_while(&system).await;
    let urls: Vec<String> = system.stack.metrics_urls().collect();
    assert_eq!(urls.len(), 4);
    for url in urls {
        let figures = reqwest::get(&url).await.unwrap().text().await.unwrap();
        run_with_input(
            Command::new("promtool").args(["check", "metrics"]),
            &figures,
        );
        for secret in ["lkrt_", "eyJ", "@example.org", PASSWORD] {
            assert!(!figures.contains(secret), "{secret} at {url}");
        }
    }
    let stack = &system.stack;
    let replicas = stack.auth_servers.iter().chain(&stack.notes_apis);
    for url in replicas.map(Daemon::url).chain([stack.url()]) {
        let answer = Client::new(url).get("/metrics").send().await;
        answer.assert_problem(404, "not_found");
    }
}

#[test]
fn promtool_finds_the_rules_and_the_configuration_in_order() {
    let directory = observability_directory();
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "alerts_test.yml"],
    ] {
        run(Command::new("promtool")
            .args(arguments)
            .current_dir(&directory));
    }
    let read = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
    let (rules, tests) = (read("alerts.yml"), read("alerts_test.yml"));
    let alerts: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 20, "{alerts:?}");
    for alert in alerts {
        for test in ["fires", "does not fire"] {
            let name = format!("- name: {alert} {test}\n");
            assert!(tests.contains(&name), "{alert} {test}: who says so?");
        }
    }
}

/// Each rule is in order, knows the figures that it asks for, and says where it is explained.
async fn assert_rules_work(prometheus: &Prometheus) {
    let names = BTreeSet::from_iter(prometheus.names().await);
    let rules = prometheus.rules().await;
    assert!(rules.len() > 20);
    for rule in rules {
        assert_eq!(rule["health"], "ok", "{rule}");
        let expression = rule["query"].as_str().unwrap();
        prometheus.query(expression).await;
        let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let ours = |word: &&str| {
            ["auth_", "latchkey_", "http_", "process_"]
                .iter()
                .any(|prefix| word.starts_with(prefix))
        };
        for figure in words.filter(ours) {
            assert!(names.contains(figure), "{figure}: {rule}");
        }
        let name = rule["name"].as_str().unwrap().to_lowercase();
        let explained = format!("docs/operating.md#{name}");
        assert_eq!(rule["annotations"]["runbook"], json!(explained));
    }
}

/// What the dashboard asks, with its variables filled in.
fn dashboard_queries() -> BTreeSet<String> {
    let dashboard = observability_directory().join("dashboard.json");
    let dashboard: Value = serde_json::from_slice(&fs::read(dashboard).unwrap()).unwrap();
    let mut queries = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().unwrap();
            let query = query
                .replace("$__rate_interval", "10s")
                .replace("$__range", "1m")
                .replace("$instance", ".*");
            assert!(!query.contains('$'), "{query}");
            queries.insert(query);
        }
    }
    queries
}

/// Something of everything that people, thieves and strangers do.
async fn live_for_a_while(system: &System) {
    let client = system.client();
    let ada = client.register().await;
    client.log_in(&ada.username).await.assert_status(200);
    let wrong = json!({"identifier": ada.username, "password": "a wrong one"});
    let wrong = client.post("/auth/login").json(&wrong).send().await;
    wrong.assert_status(401);
    client.get("/nowhere").send().await.assert_status(404);

    for notes_api in &system.stack.notes_apis {
        let client = Client::new(notes_api.url());
        client.write_note(&ada.access_token, "Harbour").await;
        let notes = client.get("/notes").bearer(&ada.access_token).send().await;
        notes.assert_status(200);
        let refused = client.get("/notes").bearer("a.b.c").send().await;
        refused.assert_status(401);
    }
    for auth_server in &system.stack.auth_servers {
        let client = Client::new(auth_server.url());
        client.log_in(&ada.username).await.assert_status(200);
        let me = client.get("/auth/me").bearer(&ada.access_token);
        me.send().await.assert_status(200);
    }

    client.refresh("lkrt_forged").await.assert_status(401);
    let current = client.refresh(&ada.refresh_token).await;
    current.assert_status(200);
    let database = system.auth_database();
    database.wait_for_the_end_of_the_window(ada.session, GRACE);
    client.refresh(&ada.refresh_token).await;
    let left = json!({"refresh_token": current.text("refresh_token")});
    client.post("/auth/logout").json(&left).send().await;
}
