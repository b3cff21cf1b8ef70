//! What the server says to Prometheus.

mod outcomes;
mod parts;

use std::sync::Arc;

use reqwest::Method;

use crate::harness::{Database, TestServer};

const SERVED: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

/// A server that serves its figures, with further arguments.
async fn server(arguments: &[&str]) -> TestServer {
    let arguments: Vec<&str> = SERVED.iter().chain(arguments).copied().collect();
    TestServer::start_on(&Arc::new(Database::new()), &arguments).await
}

/// The figures of one moment.
struct Figures(String);

impl Figures {
    async fn of(server: &TestServer) -> Self {
        let address = server.metrics_address().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("http://{address}/metrics")).send().await;
        let answer = answer.unwrap().error_for_status().unwrap();
        assert_eq!(
            answer.headers()["content-type"],
            "text/plain; version=0.0.4; charset=utf-8"
        );
        Self(answer.text().await.unwrap())
    }

    /// The value of a sample, if it is there.
    fn find(&self, name: &str) -> Option<f64> {
        let mut lines = self.0.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(value.parse().unwrap())
    }

    /// The value of a sample that has to be there.
    #[track_caller]
    fn value(&self, name: &str) -> f64 {
        self.find(name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    /// Asserts that these labels of a family have these values, and that all others are zero.
    #[track_caller]
    fn assert_only(&self, family: &str, label: &str, expected: &[(&str, f64)]) {
        let prefix = format!("{family}{{{label}=\"");
        let samples = self.0.lines().filter_map(|line| line.strip_prefix(&prefix));
        let found: Vec<(&str, f64)> = samples
            .map(|sample| sample.split_once("\"} ").unwrap())
            .map(|(label, value)| (label, value.parse().unwrap()))
            .filter(|(_, value)| *value > 0.0)
            .collect();
        assert_eq!(found, expected, "{family}");
    }
}

#[actix_web::test]
async fn figures_are_served_where_an_operator_wants_them_and_nowhere_else() {
    let server = server(&[]).await;
    server
        .get("/metrics")
        .await
        .assert_problem(404, "not_found");
    let address = server.metrics_address().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/auth/login", "/health/ready", "/"] {
        let answer = client.get(format!("http://{address}{path}")).send().await;
        assert_eq!(answer.unwrap().status(), 404, "{path}");
    }
    let posted = client.post(format!("http://{address}/metrics")).send();
    assert_eq!(posted.await.unwrap().status(), 405);

    assert_eq!(TestServer::start().await.metrics_address(), None);
}

#[actix_web::test]
async fn requests_are_counted_by_the_patterns_of_routes() {
    let server = server(&[]).await;
    let tokens = server.register("ada").await;
    for session in ["a", "b"] {
        let path = format!("/auth/sessions/{session}");
        let revoked = server.call(Method::DELETE, &path).bearer(&tokens);
        assert_eq!(revoked.send().await.status, 404);
    }
    server
        .get("/wp-login.php")
        .await
        .assert_problem(404, "not_found");
    server.get("/.well-known/openid-configuration").await.ok();
    server
        .get("/.well-known/oauth-authorization-server")
        .await
        .ok();

    let figures = Figures::of(&server).await;
    for (labels, count) in [
        (
            r#"{method="POST",route="/auth/register",status="201"}"#,
            1.0,
        ),
        (
            r#"{method="DELETE",route="/auth/sessions/{id}",status="404"}"#,
            2.0,
        ),
        (r#"{method="GET",route="unmatched",status="404"}"#, 1.0),
        (
            r#"{method="GET",route="/.well-known/openid-configuration",status="200"}"#,
            2.0,
        ),
    ] {
        for name in ["http_requests_total", "http_request_duration_seconds_count"] {
            assert_eq!(figures.find(&format!("{name}{labels}")), Some(count));
        }
    }
    assert!(!figures.0.contains("wp-login"));
}
