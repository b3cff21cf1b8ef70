//! What this server did not issue is refused before any SQL.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

use crate::harness::{Database, OTHER_MASTER_KEY, TestServer, hex};

fn decoded(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(token.strip_prefix("lkrt_").unwrap())
        .unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    format!("lkrt_{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What someone might make of a real token without the key.
fn forgeries(token: &str) -> Vec<String> {
    let bytes = decoded(token);
    let altered = |position: usize| {
        let mut bytes = bytes.clone();
        bytes[position] ^= 1;
        encoded(&bytes)
    };
    let mut next_generation = bytes.clone();
    next_generation[30] += 1;
    let known_key = hmac::Key::new(hmac::HMAC_SHA256, &[0; 32]);
    let mut resigned = bytes[..31].to_vec();
    resigned.extend(hmac::sign(&known_key, &bytes[..31]).as_ref());
    let mut all: Vec<String> = (0..bytes.len()).map(altered).collect();
    all.extend([
        String::new(),
        "lkrt_".to_owned(),
        token.to_uppercase(),
        token.trim_start_matches("lkrt_").to_owned(),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}="),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        token.replace('_', "\u{ff3f}"),
        "x".repeat(10_000),
        "' or ''='".to_owned(),
        encoded(&next_generation),
        encoded(&resigned),
        encoded(&[0; 63]),
        encoded(&[0xff; 63]),
    ]);
    all.retain(|forgery| forgery != token);
    all
}

#[actix_web::test]
async fn a_forged_or_mangled_token_costs_no_sql() {
    let (server, proxy) = TestServer::start_watched().await;
    let tokens = server.register("ada").await;
    let genuine = tokens["refresh_token"].as_str().unwrap();
    proxy.take_executed();

    for forgery in forgeries(genuine) {
        server
            .refresh_by(&forgery)
            .await
            .assert_problem(401, "invalid_refresh_token");
    }
    assert_eq!(proxy.take_executed(), [""; 0]);

    server.refresh_by(genuine).await.ok();
    assert_eq!(
        proxy.take_executed().len(),
        1,
        "the proxy does see what is executed"
    );
}

#[actix_web::test]
async fn a_forged_token_is_told_from_a_genuine_one_while_the_database_is_away() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let genuine = tokens["refresh_token"].as_str().unwrap();
    server.database.cut_off();
    let forgery = forgeries(genuine).swap_remove(20);
    server
        .refresh_by(&forgery)
        .await
        .assert_problem(401, "invalid_refresh_token");
    server.refresh_by(genuine).await.assert_unavailable();
    server.database.restore();
}

#[actix_web::test]
async fn an_access_token_is_no_refresh_token_and_the_other_way_round() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    server
        .refresh_by(tokens["access_token"].as_str().unwrap())
        .await
        .assert_problem(401, "invalid_refresh_token");
    let answer = server
        .call(reqwest::Method::GET, "/auth/me")
        .bearer_token(tokens["refresh_token"].as_str().unwrap())
        .send()
        .await;
    answer.assert_problem(401, "invalid_token");
}

#[actix_web::test]
async fn a_token_of_another_deployment_is_no_token_here() {
    let here = TestServer::start().await;
    let elsewhere = Arc::new(Database::without_keys());
    let there = TestServer::start_on(&elsewhere, &["--master-keys", OTHER_MASTER_KEY]).await;
    let tokens = there.register("ada").await;
    here.refresh(&tokens)
        .await
        .assert_problem(401, "invalid_refresh_token");
    // One key, two databases: the handle is in one of them only.
    let sibling = TestServer::start().await;
    let tokens = sibling.register("ada").await;
    here.refresh(&tokens)
        .await
        .assert_problem(401, "invalid_refresh_token");
}

#[actix_web::test]
async fn tokens_tell_nothing_but_the_generation() {
    let server = TestServer::start().await;
    let first = server.register("ada").await;
    let second = server.refresh(&first).await.ok();
    let [first, second] =
        [first, second].map(|tokens| decoded(tokens["refresh_token"].as_str().unwrap()));
    // Version, master key id and handle are the session's; generation and MAC are the token's.
    assert_eq!(first[..23], second[..23]);
    assert_eq!(first[23..31], [0; 8]);
    assert_eq!(second[23..31], [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_ne!(first[31..], second[31..]);
    let row = server
        .database
        .row("select encode(handle, 'hex') as handle, replace(id::text, '-', '') as id, replace(user_id::text, '-', '') as user_id from sessions");
    let hex = hex(&second[7..23]);
    assert_eq!(row["handle"], hex);
    assert_ne!(row["id"], hex);
    assert_ne!(row["user_id"], hex);
}
