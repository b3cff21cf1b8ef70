//! What the service says to Prometheus.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Feed, SigningKey, TestService, claims_of, path_of};

fn feed(sids: &[&str]) -> Feed {
    Feed::of(sids, &[], SigningKey::published())
}

/// The value of a figure, if it is there.
fn find(figures: &[String], name: &str) -> Option<f64> {
    let line = figures
        .iter()
        .find_map(|line| line.strip_prefix(&format!("{name} ")))?;
    Some(line.parse().unwrap())
}

#[actix_web::test]
async fn the_figures_tell_how_keys_and_revocations_are_doing() {
    let service = TestService::start_attentive(feed(&["a", "b"]));
    let figures = service.figures().await;
    for (name, kind, value) in [
        ("latchkey_revocation_feed_up", "gauge", 1.0),
        ("latchkey_revocation_feed_entries", "gauge", 2.0),
        (
            "latchkey_revocation_feed_poll_failures_total",
            "counter",
            0.0,
        ),
        ("latchkey_key_set_keys", "gauge", 2.0),
        ("latchkey_key_set_fetch_failures_total", "counter", 0.0),
    ] {
        assert_eq!(find(&figures, name), Some(value), "{name} in {figures:?}");
        assert!(
            figures.contains(&format!("# TYPE {name} {kind}")),
            "{figures:?}"
        );
        let help = format!("# HELP {name} ");
        assert!(figures.iter().any(|line| line.starts_with(&help)));
    }
    for age in [
        "latchkey_revocation_feed_age_seconds",
        "latchkey_key_set_age_seconds",
    ] {
        let age = find(&figures, age).unwrap();
        assert!((0.0..60.0).contains(&age), "{age}");
    }

    service
        .issuer()
        .publishes(Feed {
            status: 500,
            ..feed(&[])
        })
        .await;
    let mut figures = service.figures().await;
    while find(&figures, "latchkey_revocation_feed_up") != Some(0.0) {
        service.issuer().is_polled(1).await;
        figures = service.figures().await;
    }
    let age = find(&figures, "latchkey_revocation_feed_age_seconds").unwrap();
    assert!(age >= 1.0, "{age}");
    let failures = find(&figures, "latchkey_revocation_feed_poll_failures_total").unwrap();
    assert!(failures >= 1.0, "{failures}");
    assert_eq!(
        find(&figures, "latchkey_revocation_feed_entries"),
        Some(2.0)
    );
    // A counter does not go back when the feed does.
    service.issuer().publishes(feed(&[])).await;
    let figures = service.figures().await;
    assert_eq!(find(&figures, "latchkey_revocation_feed_up"), Some(1.0));
    let name = "latchkey_revocation_feed_poll_failures_total";
    assert!(find(&figures, name).unwrap() >= failures);
}

#[actix_web::test]
async fn what_never_was_has_no_age_and_what_is_off_has_no_figures() {
    let missing = Feed {
        status: 404,
        ..feed(&[])
    };
    let figures = TestService::start_attentive(missing).figures().await;
    assert_eq!(find(&figures, "latchkey_revocation_feed_up"), Some(0.0));
    assert_eq!(find(&figures, "latchkey_revocation_feed_age_seconds"), None);

    let arguments = ["--revocations", "off", "--metrics-listen", "127.0.0.1:0"];
    let figures = TestService::start_with(&arguments).figures().await;
    assert_eq!(find(&figures, "latchkey_key_set_keys"), Some(2.0));
    assert!(!figures.iter().any(|line| line.contains("revocation")));
}

#[actix_web::test]
async fn the_figures_tell_what_was_asked_and_how_it_was_answered() {
    let service = TestService::start_attentive(feed(&[]));
    let note = service.create("Harbour", "").await;
    for _ in 0..2 {
        service.get(&path_of(&note)).await.ok();
    }
    service.get("/notes/no-id").await.assert_not_found();
    service.get("/none?of=them").await.assert_not_found();
    let put = service.call(Method::PUT, "/notes").send().await;
    assert_eq!(put.status, 405);

    let figures = service.figures().await;
    for (labels, count) in [
        (r#"method="POST",route="/notes",status="201""#, 1.0),
        (r#"method="GET",route="/notes/{id}",status="200""#, 2.0),
        (r#"method="GET",route="/notes/{id}",status="404""#, 1.0),
        (r#"method="GET",route="unmatched",status="404""#, 1.0),
        (r#"method="PUT",route="/notes",status="405""#, 1.0),
    ] {
        for name in ["http_requests_total", "http_request_duration_seconds_count"] {
            let name = format!("{name}{{{labels}}}");
            assert_eq!(find(&figures, &name), Some(count), "{name} in {figures:?}");
        }
        let sum = format!("http_request_duration_seconds_sum{{{labels}}}");
        assert!(find(&figures, &sum).unwrap() > 0.0, "{sum}");
    }
    assert!(!figures.iter().any(|line| line.contains("no-id")));
}

#[actix_web::test]
async fn the_figures_tell_of_tokens_that_are_remembered_and_of_those_that_are_refused() {
    let service = TestService::start_attentive(feed(&["over"]));
    let token = TestService::token("ada");
    let mut ended = claims_of("ada");
    ended["sid"] = json!("over");
    let ended = SigningKey::published().sign(&ended);
    for token in [&token, &token, &token, &ended] {
        let notes = service.anonymous(Method::GET, "/notes").bearer(token);
        notes.send().await;
    }
    let malformed = service.anonymous(Method::GET, "/notes").bearer("a.b");
    malformed.send().await;

    let figures = service.figures().await;
    for (name, value) in [
        ("latchkey_verified_token_cache_hits_total", 2.0),
        ("latchkey_verified_token_cache_misses_total", 3.0),
        ("latchkey_verified_token_cache_entries", 1.0),
        (
            r#"latchkey_tokens_refused_total{reason="session_revoked"}"#,
            1.0,
        ),
        (r#"latchkey_tokens_refused_total{reason="malformed"}"#, 1.0),
        (r#"latchkey_tokens_refused_total{reason="expired"}"#, 0.0),
    ] {
        assert_eq!(find(&figures, name), Some(value), "{name} in {figures:?}");
    }
}

#[actix_web::test]
async fn the_figures_tell_of_the_process_and_of_an_outage_of_the_database() {
    let service = TestService::start_attentive(feed(&[]));
    service.ready().await;
    let figures = service.figures().await;
    let value = |name: &str| find(&figures, name).unwrap_or_else(|| panic!("no {name}"));
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_open_fds") > 3.0);
    assert!(value("process_start_time_seconds") > 1.7e9);
    assert!(value("process_cpu_seconds_total") > 0.0);
    let build = r#"latchkey_build_info{service="notes-api",version="0.1.0","#;
    assert!(figures.iter().any(|line| line.starts_with(build)));
    assert_eq!(
        find(&figures, "latchkey_database_connections_max"),
        Some(8.0)
    );
    assert!(value("latchkey_database_work_total") >= 1.0);
    assert_eq!(
        find(&figures, "latchkey_database_timeouts_total"),
        Some(0.0)
    );
    assert_eq!(
        find(&figures, r#"latchkey_database_connections{state="in_use"}"#),
        Some(0.0)
    );

    service.database().cut_off();
    // A connection that there was is lost by a statement; then there is none to be had.
    let mut figures = figures;
    while find(&figures, "latchkey_database_timeouts_total") == Some(0.0) {
        service.get("/notes").await.assert_unavailable();
        figures = service.figures().await;
    }
    let value = |name: &str| find(&figures, name).unwrap();
    assert_eq!(
        find(&figures, "latchkey_database_timeouts_total"),
        Some(1.0)
    );
    assert!(value("latchkey_database_connect_failures_total") >= 1.0);
    assert!(value("latchkey_database_wait_seconds_total") >= 1.0);
    assert_eq!(find(&figures, "latchkey_database_waiting"), Some(0.0));
}

/// The gateway leads to the service's own listener only.
#[actix_web::test]
async fn figures_and_notes_are_served_apart() {
    let service = TestService::start_attentive(feed(&[]));
    service
        .anonymous(Method::GET, "/metrics")
        .send()
        .await
        .assert_not_found();
    let figures = service.metrics_address();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/notes", "/health/ready", "/"] {
        let answer = client.get(format!("http://{figures}{path}")).send().await;
        assert_eq!(answer.unwrap().status(), 404, "{path}");
    }
}
