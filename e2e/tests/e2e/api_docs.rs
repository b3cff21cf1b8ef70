//! The documentation at `/api-docs/` describes both services and loads from this origin alone.

use std::process::Command;

use local_run::temporary::TemporaryDirectory;
use serde_json::Value;

use crate::harness::client::Client;
use crate::harness::system::shared;

#[tokio::test]
async fn each_service_describes_itself() {
    let system = shared().await;
    for (document, call) in [
        ("/api-docs/auth/openapi.json", "/auth/refresh"),
        ("/api-docs/notes/openapi.json", "/notes/{id}"),
    ] {
        let answer = system.client().get(document).send().await;
        answer.assert_status(200);
        assert!(answer.text("openapi").starts_with("3.1"), "{document}");
        assert!(answer.body["paths"][call].is_object(), "{document}");
    }
}

#[tokio::test]
async fn the_page_loads_everything_from_here() {
    let system = shared().await;
    let client = system.client();
    let page = text(&client, "/api-docs/").await;
    let mut loaded = 0;
    for address in addresses(&page) {
        assert!(is_local(address), "{address}");
        let path = format!("/api-docs/{}", address.trim_start_matches("./"));
        let file = text(&client, &path).await;
        if path.ends_with("initializer.js") {
            assert!(file.contains("/api-docs/auth/openapi.json"), "{file}");
            assert!(file.contains("/api-docs/notes/openapi.json"), "{file}");
            assert!(
                !file.contains("http://") && !file.contains("https://"),
                "{file}"
            );
        }
        loaded += 1;
    }
    assert!(loaded >= 4, "{page}");
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
}

/// R47: a browser complains of nothing that the page's security policy forbids, and shows all calls.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_in_a_browser_under_its_policy() {
    let system = shared().await;
    let document = system.client().get("/api-docs/auth/openapi.json").send();
    let document = document.await.body;
    let operations: usize = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|item| item.as_object().unwrap().len())
        .sum();
    let profile = TemporaryDirectory::new("browser").unwrap();
    let mut chromium = Command::new("timeout");
    chromium
        .args([
            "120",
            "chromium",
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
        ])
        .args(["--disable-background-networking", "--disable-sync"])
        .args(["--disable-component-update", "--disable-quic"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        // Until nothing is left to load and to do.
        .args(["--virtual-time-budget=30000", "--dump-dom"])
        .args(["--enable-logging=stderr", "--v=0"])
        .arg(format!("{}/api-docs/", system.stack.url()));
    let output = tokio::task::spawn_blocking(move || chromium.output().unwrap());
    let output = output.await.unwrap();
    let page = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    let console: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(console.is_empty(), "{console:#?}");
    let shown = page.matches("class=\"opblock-summary-path\"").count();
    assert_eq!(shown, operations, "{page}");
}

async fn text(client: &Client, path: &str) -> String {
    let answer = client.get(path).send().await;
    answer.assert_status(200);
    match answer.body {
        Value::String(text) => text,
        other => panic!("{path}: {other}"),
    }
}

/// What a page refers to by `src` and `href`.
fn addresses(page: &str) -> impl Iterator<Item = &str> {
    let quoted = |attribute| page.split(attribute).skip(1);
    quoted(" src=\"")
        .chain(quoted(" href=\""))
        .filter_map(|rest| rest.split('"').next())
}

fn is_local(address: &str) -> bool {
    !address.contains("//") && !address.contains(':')
}
