//! What the service says to Prometheus.

use reqwest::Method;

use crate::harness::{Feed, SigningKey, TestService};

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
