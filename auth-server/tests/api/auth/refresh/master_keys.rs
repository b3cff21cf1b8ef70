//! A master key is replaced without anyone noticing.

use std::sync::Arc;

use crate::harness::{Database, MASTER_KEY, OTHER_MASTER_KEY, PASSWORD, TestServer};

fn key_id(token: &serde_json::Value) -> String {
    // "lkrt_", then 10 characters for the version byte and the 6 of the key id, and a bit more.
    token.as_str().unwrap()[5..14].to_owned()
}

#[actix_web::test]
async fn old_tokens_keep_working_and_come_back_under_the_new_master_key() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    let old = server.register("ada").await;
    let old = server.refresh(&old).await.ok();
    server.stop().await;

    let both = format!("{OTHER_MASTER_KEY},{MASTER_KEY}");
    let server = TestServer::start_on(&database, &["--master-keys", &both]).await;
    // Inside the window the same generation comes back, under the new key.
    let repeated = server.refresh(&old).await.ok();
    assert_ne!(
        key_id(&repeated["refresh_token"]),
        key_id(&old["refresh_token"])
    );
    database.pass("31 s");
    let new = server.refresh(&old).await.ok();
    assert_eq!(
        key_id(&new["refresh_token"]),
        key_id(&repeated["refresh_token"])
    );
    // Two spellings of one generation are one generation.
    assert_eq!(
        server.refresh(&repeated).await.ok()["refresh_token"],
        new["refresh_token"]
    );
    assert_eq!(server.me(&new).await.status, 200);
    assert_eq!(server.try_log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(database.events(), ["registered", "login"]);
}

#[actix_web::test]
async fn without_the_old_master_key_its_tokens_are_no_tokens() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    let tokens = server.register("ada").await;
    server.stop().await;

    // It cannot open the signing keys either, so it is not ready; forged is forged all the same.
    let server = TestServer::start_unready(&database, &["--master-keys", OTHER_MASTER_KEY]);
    server
        .refresh(&tokens)
        .await
        .assert_problem(401, "invalid_refresh_token");
    assert_eq!(
        database.row("select revoked_at from sessions")["revoked_at"],
        serde_json::Value::Null
    );
}
