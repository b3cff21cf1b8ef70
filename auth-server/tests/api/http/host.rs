//! The host that a client claims to call stands in no answer: links and issuers come from the settings.

use reqwest::Method;
use serde_json::json;

use crate::harness::{ISSUER, PASSWORD, TestServer, claims};

const EVIL: &str = "evil.example";

#[actix_web::test]
async fn no_answer_and_no_token_repeats_a_claimed_host() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let login = json!({"identifier": "ada", "password": PASSWORD, "delivery": "body"});
    let calls = [
        (Method::POST, "/auth/login", Some(&login)),
        (Method::POST, "/auth/login", Some(&json!({}))),
        (Method::GET, "/auth/me", None),
        (Method::GET, "/auth/verify", None),
        (Method::GET, "/auth/events", None),
        (Method::GET, "/nothing", None),
        (Method::GET, "/api-docs", None),
        (Method::GET, "/api-docs/auth/openapi.json", None),
        (Method::GET, "/.well-known/openid-configuration", None),
        (Method::GET, "/.well-known/revocations.jwt", None),
    ];
    for (method, path, body) in calls {
        let call = server
            .call(method.clone(), path)
            .header("host", EVIL)
            .header("x-forwarded-host", EVIL)
            .header("x-forwarded-proto", "https")
            .header("x-original-url", "https://evil.example/")
            .header("forwarded", "host=evil.example;proto=https");
        let call = match body {
            Some(body) => call.json(body),
            None => call.bearer(&ada),
        };
        let answer = call.send().await;
        assert!(!answer.body.to_string().contains(EVIL), "{path}");
        assert!(!format!("{:?}", answer.headers).contains(EVIL), "{path}");
        if answer.body["access_token"].is_string() {
            assert_eq!(claims(&answer.body)["iss"], ISSUER);
        }
        if path.ends_with("openid-configuration") {
            assert_eq!(answer.body["issuer"], ISSUER);
        }
    }
}
