//! `GET /.well-known/jwks.json`

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Database, TestServer, header};

const PATH: &str = "/.well-known/jwks.json";

async fn if_none_match(server: &TestServer, value: &str) -> Answer {
    server
        .call(Method::GET, PATH)
        .header("if-none-match", value)
        .send()
        .await
}

#[actix_web::test]
async fn public_members_and_nothing_else_are_published() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let answer = server.get(PATH).await;
    assert_eq!(answer.header("content-type"), "application/jwk-set+json");
    let body = answer.ok();
    let [active, pending] = body["keys"].as_array().unwrap().as_slice() else {
        panic!("{body}");
    };
    assert_eq!(active["kid"], header(&tokens)["kid"]);
    for key in [active, pending] {
        assert_eq!(
            *key,
            json!({
                "kty": "RSA",
                "use": "sig",
                "alg": "RS256",
                "kid": key["kid"],
                "n": key["n"],
                "e": "AQAB",
            })
        );
        // 2048 bits are 256 bytes, 342 characters.
        assert_eq!(key["n"].as_str().unwrap().len(), 342);
    }
}

#[actix_web::test]
async fn the_first_key_has_the_configured_size() {
    let database = Arc::new(Database::without_keys());
    let server = TestServer::start_on(&database, &["--rsa-bits", "3072"]).await;
    let keys = server.get(PATH).await.ok();
    assert_eq!(keys["keys"][0]["n"].as_str().unwrap().len(), 512);
    let tokens = server.register("ada").await;
    assert_eq!(server.me(&tokens).await.status, 200);
}

#[actix_web::test]
async fn the_keys_may_be_kept_for_the_configured_time() {
    let server = TestServer::start().await;
    assert_eq!(
        server.get(PATH).await.header("cache-control"),
        "public, max-age=300"
    );
    let server = TestServer::start_with(&["--jwks-max-age", "2h"]).await;
    assert_eq!(
        server.get(PATH).await.header("cache-control"),
        "public, max-age=7200"
    );
}

#[actix_web::test]
async fn who_has_the_keys_is_told_so() {
    let server = TestServer::start().await;
    let full = server.get(PATH).await;
    let tag = full.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let answer = if_none_match(&server, &known).await;
        assert_eq!(answer.status, 304, "{known}");
        assert_eq!(answer.body, json!(null));
        assert_eq!(answer.header("etag"), tag);
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
    }
    for other in ["\"x\"", "rubbish", ""] {
        let answer = if_none_match(&server, other).await;
        assert_eq!(answer.body, full.body, "{other}");
    }
}

#[actix_web::test]
async fn head_tells_all_but_the_body() {
    let server = TestServer::start().await;
    let full = server.get(PATH).await;
    let head = server.call(Method::HEAD, PATH).send().await;
    assert_eq!(head.status, 200);
    assert_eq!(head.body, json!(null));
    for name in ["etag", "cache-control", "content-type", "content-length"] {
        assert_eq!(head.header(name), full.header(name), "{name}");
    }
}

#[actix_web::test]
async fn the_keys_stay_while_the_database_is_away() {
    let server = TestServer::start().await;
    let before = server.get(PATH).await.ok();
    server.database.cut_off();
    assert_eq!(server.get(PATH).await.ok(), before);
    server.database.restore();
}
