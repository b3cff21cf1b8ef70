//! What a token permits.

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestService, path_of};

/// Each call with a token that lacks the scope that it needs, and has all others.
#[actix_web::test]
async fn each_call_needs_its_scope() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let own = path_of(&note);
    let before = service.database().notes();
    let table = [
        (Method::GET, "/notes", "notes:read"),
        (Method::HEAD, "/notes", "notes:read"),
        (Method::POST, "/notes", "notes:write"),
        (Method::GET, own.as_str(), "notes:read"),
        (Method::PUT, own.as_str(), "notes:write"),
        (Method::DELETE, own.as_str(), "notes:write"),
    ];
    for (method, path, needed) in table {
        let other = match needed {
            "notes:read" => "notes:write",
            _ => "notes:read",
        };
        for held in [
            "",
            other,
            "notes",
            "notes:reader notes:writer",
            "NOTES:READ NOTES:WRITE",
        ] {
            let answer = service
                .anonymous(method.clone(), path)
                .bearer(&TestService::token_for("ada", held))
                .json(&json!({"title": "a", "body": ""}))
                .send()
                .await;
            assert_eq!(answer.status, 403, "{method} {path} with {held:?}");
            let challenge = answer.header("www-authenticate");
            assert!(
                challenge.contains(r#"error="insufficient_scope""#),
                "{challenge}"
            );
            assert!(
                challenge.ends_with(&format!(r#"scope="{needed}""#)),
                "{challenge}"
            );
            if method != Method::HEAD {
                answer.assert_problem(403, "insufficient_scope");
            }
        }
    }
    assert_eq!(service.database().notes(), before);
}

#[actix_web::test]
async fn the_scope_of_a_call_is_enough_for_it() {
    let service = TestService::start();
    let write = TestService::token_for("ada", "notes:write");
    let read = TestService::token_for("ada", "other notes:read");
    let content = json!({"title": "a", "body": ""});
    let created = service
        .anonymous(Method::POST, "/notes")
        .bearer(&write)
        .json(&content);
    let own = path_of(&created.send().await.body);
    for path in ["/notes", own.as_str()] {
        service
            .anonymous(Method::GET, path)
            .bearer(&read)
            .send()
            .await
            .ok();
    }
    let replaced = service
        .anonymous(Method::PUT, &own)
        .bearer(&write)
        .json(&content);
    replaced.send().await.ok();
    let deleted = service.anonymous(Method::DELETE, &own).bearer(&write);
    deleted.send().await.assert_no_content();
}
