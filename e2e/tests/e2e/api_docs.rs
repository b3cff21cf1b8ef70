//! The documentation at `/api-docs/` describes both services and loads from this origin alone.

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
