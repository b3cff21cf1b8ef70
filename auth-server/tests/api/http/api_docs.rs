//! `/api-docs/…`

use serde_json::Value;

use crate::harness::TestServer;

#[actix_web::test]
async fn the_document_is_openapi_3_1_and_complete() {
    let server = TestServer::start().await;
    let document = server.get("/api-docs/auth/openapi.json").await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/auth/register",
        "/auth/login",
        "/auth/refresh",
        "/auth/logout",
        "/auth/me",
        "/auth/password",
        "/auth/password/advice",
        "/auth/events",
        "/auth/sessions",
        "/auth/sessions/{id}",
        "/auth/verify",
        "/.well-known/jwks.json",
        "/.well-known/public-key.pem",
        "/.well-known/openid-configuration",
        "/health/live",
        "/health/ready",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference.clone());
            }
            members
                .values()
                .for_each(|member| collect_references(member, found));
        }
        Value::Array(entries) => entries
            .iter()
            .for_each(|entry| collect_references(entry, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let server = TestServer::start().await;
    let page = server.get("/api-docs/").await.ok();
    let page = page.as_str().unwrap();
    let addresses: Vec<&str> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(!addresses.is_empty());
    for address in addresses {
        assert!(!address.contains("//"), "{address}");
        let path = format!("/api-docs/{}", address.trim_start_matches("./"));
        assert_eq!(server.get(&path).await.status, 200, "{path}");
    }
    let redirected = server.get("/api-docs").await;
    assert_eq!(redirected.status, 200);
}

#[actix_web::test]
async fn a_file_that_is_not_there_is_a_problem_like_any_other() {
    let server = TestServer::start().await;
    for path in [
        "/api-docs/nothing",
        "/api-docs/openapi.json",
        "/api-docs/../x",
    ] {
        server.get(path).await.assert_problem(404, "not_found");
    }
}
