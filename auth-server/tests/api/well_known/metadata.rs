//! `GET /.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`

use reqwest::Method;
use serde_json::json;

use crate::harness::{ISSUER, TestServer, claims, header};

#[actix_web::test]
async fn the_metadata_names_only_what_is_served() {
    let server = TestServer::start().await;
    let metadata = server.get("/.well-known/openid-configuration").await.ok();
    assert_eq!(
        metadata,
        json!({
            "issuer": ISSUER,
            "jwks_uri": format!("{ISSUER}/.well-known/jwks.json"),
            "revocation_feed_uri": format!("{ISSUER}/.well-known/revocations.jwt"),
            "scopes_supported": ["notes:read", "notes:write", "auth:admin"],
            "claims_supported": metadata["claims_supported"],
            "access_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": [],
            "grant_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [],
            "service_documentation": format!("{ISSUER}/api-docs/"),
        })
    );
    for member in ["jwks_uri", "revocation_feed_uri", "service_documentation"] {
        let url = metadata[member].as_str().unwrap();
        let path = url.strip_prefix(ISSUER).unwrap();
        assert_eq!(server.get(path).await.status, 200, "{url}");
    }
}

#[actix_web::test]
async fn the_claims_it_names_are_the_claims_of_a_token() {
    let server = TestServer::start().await;
    let mut body = crate::harness::registration("ada");
    body["full_name"] = json!("Ada Lovelace");
    let tokens = server.post("/auth/register", &body).await.body;
    let metadata = server.get("/.well-known/openid-configuration").await.ok();

    let mut named: Vec<&str> = metadata["claims_supported"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    named.sort_unstable();
    let claims = claims(&tokens);
    let found: Vec<&str> = claims
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(named, found);
    assert_eq!(
        metadata["access_token_signing_alg_values_supported"],
        json!([header(&tokens)["alg"]])
    );
}

#[actix_web::test]
async fn both_names_give_the_same_metadata() {
    let server = TestServer::start_with(&["--issuer", "https://id.example"]).await;
    let openid = server.get("/.well-known/openid-configuration").await;
    let oauth = server.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(openid.body, oauth.body);
    assert_eq!(openid.body["issuer"], "https://id.example");
    assert_eq!(openid.header("content-type"), "application/json");
    assert_eq!(openid.header("cache-control"), "public, max-age=300");
    let head = server
        .call(Method::HEAD, "/.well-known/openid-configuration")
        .send()
        .await;
    assert_eq!(head.status, 200);
}
