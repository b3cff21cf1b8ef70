//! `GET /.well-known/revocations.jwt`

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Database, ISSUER, OTHER_PASSWORD, PASSWORD, TestServer, eventually, header, run,
};

const PATH: &str = "/.well-known/revocations.jwt";

fn part(document: &str, index: usize) -> Value {
    let encoded = document.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

/// The answer and the claims of the feed.
async fn feed(server: &TestServer) -> (Answer, Value) {
    let answer = server.get(PATH).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let claims = part(answer.body.as_str().unwrap(), 1);
    (answer, claims)
}

fn id(tokens: &Value) -> &str {
    tokens["session_id"].as_str().unwrap()
}

/// Waits until these sessions are published as revoked, and asserts that no others are.
async fn publishes(server: &TestServer, sessions: &[&Value]) {
    let mut wanted: Vec<&str> = sessions.iter().map(|tokens| id(tokens)).collect();
    wanted.sort_unstable();
    eventually("the revocations", async || {
        let (_, claims) = feed(server).await;
        let sessions = claims["sessions"].as_object().unwrap();
        let mut found: Vec<&String> = sessions.keys().collect();
        found.sort();
        found == wanted
    })
    .await;
}

#[actix_web::test]
async fn the_feed_is_a_signed_document_of_its_own_type() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    eventually("the first document", async || {
        server.get(PATH).await.status == 200
    })
    .await;
    let (answer, claims) = feed(&server).await;
    assert_eq!(answer.header("content-type"), "application/jwt");
    assert_eq!(answer.header("cache-control"), "public, no-cache");
    let document = answer.body.as_str().unwrap();
    assert_eq!(
        part(document, 0),
        json!({"alg": "RS256", "typ": "revocations+jwt", "kid": header(&tokens)["kid"]})
    );
    let iat = claims["iat"].as_i64().unwrap();
    assert_eq!(
        claims,
        json!({"iss": ISSUER, "iat": iat, "exp": iat + 300, "sessions": {}, "keys": {}})
    );
    assert_eq!(iat % 60, 0);
    // It is no access token.
    server
        .me(&json!({"access_token": document}))
        .await
        .assert_problem(401, "invalid_token");

    let again = server
        .call(Method::GET, PATH)
        .header("if-none-match", answer.header("etag"))
        .send()
        .await;
    assert_eq!((again.status.as_u16(), &again.body), (304, &Value::Null));
    assert_eq!(again.header("etag"), answer.header("etag"));
}

#[actix_web::test]
async fn every_way_to_end_a_session_is_published_and_nothing_else() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let grace = server.register("grace").await;
    let mut ended = Vec::new();

    let device = server.log_in("ada").await;
    server
        .call(Method::POST, "/auth/logout")
        .bearer(&device)
        .send()
        .await
        .assert_no_content();
    ended.push(device);
    publishes(&server, &ended.iter().collect::<Vec<_>>()).await;

    let device = server.log_in("ada").await;
    let path = format!("/auth/sessions/{}", id(&device));
    let revoked = server.call(Method::DELETE, &path).bearer(&ada);
    revoked.send().await.assert_no_content();
    ended.push(device);
    publishes(&server, &ended.iter().collect::<Vec<_>>()).await;

    let device = server.log_in("ada").await;
    let body = json!({"identifier": "ada", "password": PASSWORD});
    let refresh_token = device["refresh_token"].as_str().unwrap();
    let replacing = server
        .call(Method::POST, "/auth/login")
        .json(&body)
        .refresh_cookie(refresh_token);
    let replacement = replacing.send().await.ok();
    ended.push(device);
    publishes(&server, &ended.iter().collect::<Vec<_>>()).await;

    // Everyone but who asks.
    server.change_password(&ada).await.assert_no_content();
    ended.push(replacement);
    publishes(&server, &ended.iter().collect::<Vec<_>>()).await;

    let device = server.try_log_in("ada", OTHER_PASSWORD).await.ok();
    let next = server.refresh(&device).await.ok();
    server.database.pass("31 s");
    server.refresh(&next).await.ok();
    let reused = server.refresh(&device).await;
    reused.assert_problem(401, "refresh_token_reused");
    ended.push(device);
    publishes(&server, &ended.iter().collect::<Vec<_>>()).await;

    run(&server.database, &["users", "disable", "grace"]).said();
    ended.push(grace);
    publishes(&server, &ended.iter().collect::<Vec<_>>()).await;

    let deletion = server
        .call(Method::DELETE, "/auth/me")
        .bearer(&ada)
        .json(&json!({"password": OTHER_PASSWORD}));
    deletion.send().await.assert_no_content();
    ended.push(ada);
    publishes(&server, &ended.iter().collect::<Vec<_>>()).await;
    assert_eq!(
        server
            .database
            .count("sessions where user_id not in (select id from users)"),
        0
    );
}

/// R08, for a gateway that asks for each request.
#[actix_web::test]
async fn forward_auth_learns_of_a_logout_without_asking_the_database() {
    let server = TestServer::start().await;
    let (ada, grace) = (server.register("ada").await, server.register("grace").await);
    let verify = async |tokens: &Value| {
        let call = server.call(Method::GET, "/auth/verify").bearer(tokens);
        call.send().await
    };
    assert_eq!(verify(&ada).await.status, 200);
    let logout = server.call(Method::POST, "/auth/logout").bearer(&ada);
    logout.send().await.assert_no_content();
    eventually("a refusal", async || verify(&ada).await.status == 401).await;
    server.database.cut_off();
    verify(&ada).await.assert_session_ended();
    assert_eq!(verify(&grace).await.status, 200);
    // And the feed is served from memory.
    let (_, claims) = feed(&server).await;
    assert!(claims["sessions"].get(id(&ada)).is_some());
    server.database.restore();
}

#[actix_web::test]
async fn replicas_that_know_the_same_say_the_same() {
    let database = Arc::new(Database::new());
    let one = TestServer::start_on(&database, &[]).await;
    let ada = one.register("ada").await;
    let logout = one.call(Method::POST, "/auth/logout").bearer(&ada);
    logout.send().await.assert_no_content();
    // Also one that has not seen it happen.
    let another = TestServer::start_on(&database, &[]).await;
    publishes(&one, &[&ada]).await;
    publishes(&another, &[&ada]).await;
    eventually("the same bytes", async || {
        let (mine, theirs) = (feed(&one).await.0, feed(&another).await.0);
        mine.body == theirs.body && mine.header("etag") == theirs.header("etag")
    })
    .await;
}

#[actix_web::test]
async fn an_entry_leaves_when_no_token_can_be_about_it() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let logout = server.call(Method::POST, "/auth/logout").bearer(&ada);
    logout.send().await.assert_no_content();
    publishes(&server, &[&ada]).await;
    let (_, claims) = feed(&server).await;
    // 15 minutes, and 20 seconds for a refresh that was under way.
    let leaves = claims["sessions"][id(&ada)].as_i64().unwrap();
    let row = server.database.row(&format!(
        "select {leaves} - extract(epoch from revoked_at) as seconds from revocations"
    ));
    let seconds = row["seconds"].as_f64().unwrap();
    assert!((920.0..=921.0).contains(&seconds), "{seconds}");

    // Another one, almost that old.
    server.database.execute(
        "insert into revocations values (gen_random_uuid(), now() - interval '918 seconds')",
    );
    let entries = async || feed(&server).await.1["sessions"].as_object().unwrap().len();
    let another = TestServer::start_on(&server.database, &[]).await;
    eventually("both", async || {
        feed(&another).await.1["sessions"]
            .as_object()
            .unwrap()
            .len()
            == 2
    })
    .await;
    eventually("one", async || {
        feed(&another).await.1["sessions"]
            .as_object()
            .unwrap()
            .len()
            == 1
    })
    .await;
    assert_eq!(entries().await, 1);
}

/// R24.
#[actix_web::test]
async fn a_revoked_key_is_published_by_the_key_that_follows_it() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let stolen = header(&tokens)["kid"].as_str().unwrap().to_owned();
    run(&server.database, &["keys", "revoke", &stolen]).said();
    eventually("the revoked key", async || {
        let (answer, claims) = feed(&server).await;
        claims["keys"].get(&stolen).is_some()
            && part(answer.body.as_str().unwrap(), 0)["kid"] != stolen.as_str()
    })
    .await;
    let (_, claims) = feed(&server).await;
    let leaves = claims["keys"][&stolen].as_i64().unwrap();
    assert!(leaves > claims["iat"].as_i64().unwrap() + 24 * 3600);
}
