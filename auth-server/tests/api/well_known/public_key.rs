//! `GET /.well-known/public-key.pem`

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reqwest::Method;
use serde_json::json;

use crate::harness::{TestServer, active_key};

const PATH: &str = "/.well-known/public-key.pem";

#[actix_web::test]
async fn the_pem_is_the_active_key() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let answer = server.get(PATH).await;
    assert_eq!(answer.header("content-type"), "application/x-pem-file");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let pem = answer.body.as_str().unwrap();

    let lines: Vec<&str> = pem.lines().collect();
    let (first, rest) = lines.split_first().unwrap();
    let (last, encoded) = rest.split_last().unwrap();
    assert_eq!(*first, "-----BEGIN PUBLIC KEY-----");
    assert_eq!(*last, "-----END PUBLIC KEY-----");
    assert!(pem.ends_with('\n') && encoded.iter().all(|line| line.len() <= 64));
    let der = STANDARD.decode(encoded.concat()).unwrap();
    assert_eq!(der, active_key(&server.database).public_key_der().unwrap());

    let token = tokens["access_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
        .verify(
            signed.as_bytes(),
            &URL_SAFE_NO_PAD.decode(signature).unwrap(),
        )
        .unwrap();
}

#[actix_web::test]
async fn the_pem_has_a_tag_of_its_own() {
    let server = TestServer::start().await;
    let full = server.get(PATH).await;
    let tag = full.header("etag").to_owned();
    assert_ne!(
        tag,
        server.get("/.well-known/jwks.json").await.header("etag")
    );
    let known = server
        .call(Method::GET, PATH)
        .header("if-none-match", &tag)
        .send()
        .await;
    assert_eq!(known.status, 304);
    let head = server.call(Method::HEAD, PATH).send().await;
    assert_eq!(head.status, 200);
    assert_eq!(head.body, json!(null));
    assert_eq!(head.header("etag"), tag);
}
