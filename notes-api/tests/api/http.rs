//! What is true of every path and method.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{DOCUMENT, TestService, path_of};

#[actix_web::test]
async fn paths_that_are_not_there_are_not_found() {
    let service = TestService::start();
    for path in [
        "/",
        "/note",
        "/notes/",
        "/notes//",
        "/notes/a/b",
        "//notes",
        "/Notes",
        "/health",
        "/health/live/",
        "/api-docs/",
        "/auth/me",
        "/.well-known/jwks.json",
        "/notes%2f",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS, Method::TRACE] {
            let answer = service.anonymous(method, path).send().await;
            answer.assert_not_found();
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
}

#[actix_web::test]
async fn methods_that_a_path_has_not_are_refused_with_those_it_has() {
    let service = TestService::start();
    let note = service.create("Shopping", "").await;
    let own = path_of(&note);
    let table = [
        ("/notes", "GET, HEAD, POST"),
        (own.as_str(), "GET, HEAD, PUT, DELETE"),
        ("/notes/1", "GET, HEAD, PUT, DELETE"),
        ("/health/live", "GET, HEAD"),
        ("/health/ready", "GET, HEAD"),
        ("/api-docs/notes/openapi.json", "GET, HEAD"),
    ];
    for (path, allowed) in table {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
        ] {
            if allowed.split(", ").any(|known| known == method) {
                continue;
            }
            let method: Method = method.parse().unwrap();
            for call in [
                service.call(method.clone(), path),
                service.anonymous(method, path),
            ] {
                let answer = call.send().await;
                answer.assert_problem(405, "method_not_allowed");
                assert_eq!(answer.header("allow"), allowed);
            }
        }
    }
    assert_eq!(service.get(&own).await.ok(), note);
}

/// R42: what only reads changes nothing.
#[actix_web::test]
async fn safe_methods_change_nothing() {
    let service = TestService::start();
    let note = service.create("Shopping", "").await;
    let before = service.database().notes();
    for path in ["/notes", path_of(&note).as_str(), "/health/ready"] {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
            let call = service
                .call(method, path)
                .header("x-http-method-override", "DELETE");
            call.send().await;
        }
    }
    assert_eq!(service.database().notes(), before);
}

#[actix_web::test]
async fn head_is_answered_where_get_is() {
    let service = TestService::start();
    for path in [
        "/notes",
        "/health/live",
        "/health/ready",
        "/api-docs/notes/openapi.json",
    ] {
        let get = service.get(path).await;
        let head = service.call(Method::HEAD, path).send().await;
        assert_eq!(head.status, StatusCode::OK, "{path}");
        assert_eq!(head.body, Value::Null);
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    let head = service.anonymous(Method::HEAD, "/notes").send().await;
    assert_eq!(head.status, StatusCode::UNAUTHORIZED);
    assert_eq!(head.body, Value::Null);
}

#[actix_web::test]
async fn every_answer_names_its_request() {
    let service = TestService::start();
    for path in ["/notes", "/nowhere"] {
        let call = service
            .call(Method::GET, path)
            .header("x-request-id", "0123-from-the-gateway");
        assert_eq!(
            call.send().await.header("x-request-id"),
            "0123-from-the-gateway"
        );
        let call = service
            .call(Method::GET, path)
            .header("x-request-id", "spoofed \" id");
        let made = call.send().await.header("x-request-id").to_owned();
        assert!(
            made.len() >= 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{made}"
        );
    }
}

#[actix_web::test]
async fn the_document_is_served_and_is_openapi_3_1() {
    let service = TestService::start();
    let call = service.anonymous(Method::GET, "/api-docs/notes/openapi.json");
    let document = call.send().await.ok();
    assert_eq!(document, *DOCUMENT);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_ne!(document["info"]["license"]["name"], "");
}

/// Every call for notes can be refused in these ways, so the document says so for each.
#[actix_web::test]
async fn the_document_names_every_refusal() {
    let operations = |path: &str| DOCUMENT["paths"][path].as_object().unwrap();
    for path in ["/notes", "/notes/{id}"] {
        for (method, operation) in operations(path) {
            let mut expected = vec!["400", "401", "403", "503"];
            if matches!(method.as_str(), "post" | "put") {
                expected.extend(["413", "415", "422"]);
            }
            if path == "/notes/{id}" {
                expected.extend(["404", "412"]);
            }
            for status in expected {
                let response = &operation["responses"][status];
                let body = &response["content"]["application/problem+json"];
                assert_eq!(
                    body["schema"]["$ref"], "#/components/schemas/ProblemBody",
                    "{method} {path} {status}"
                );
                let example = &body["example"];
                assert_eq!(example["status"].to_string(), status);
                assert_eq!(example["request_id"].as_str().unwrap().len(), 32);
                let code = format!("`{}`", example["code"].as_str().unwrap());
                assert!(response["description"].as_str().unwrap().contains(&code));
            }
            assert!(operation["security"][0]["access_token"].is_array());
        }
    }
}

/// Links are paths: whatever host a client claims to call, and a cache keeps, leads nowhere else.
#[actix_web::test]
async fn no_answer_repeats_a_claimed_host() {
    let service = TestService::start();
    let note = json!({"title": "Shopping", "body": ""});
    for (method, path) in [
        (Method::POST, "/notes"),
        (Method::GET, "/notes"),
        (Method::GET, "/nothing"),
        (Method::GET, "/api-docs/notes/openapi.json"),
    ] {
        let call = service
            .call(method.clone(), path)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example");
        let call = if method == Method::POST {
            call.json(&note)
        } else {
            call
        };
        let answer = call.send().await;
        assert!(!answer.body.to_string().contains("evil"), "{path}");
        assert!(!format!("{:?}", answer.headers).contains("evil"), "{path}");
        if method == Method::POST {
            assert!(answer.header("location").starts_with("/notes/"));
        }
    }
}
