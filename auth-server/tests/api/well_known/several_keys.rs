//! Several signing keys: a pending one, a retiring one, one that is gone.

use std::sync::Arc;

use auth_server::keys::{
    master_key::MasterKeys,
    signing_key::{RsaBits, SigningKey},
    store::private_key_label,
};
use serde_json::{Value, json};

use crate::harness::{Database, MASTER_KEY, TestServer, claims, header, hex, sign};

/// Publishes a second key, sealed like the first, which does not sign yet.
fn publish_pending_key(database: &Database) -> SigningKey {
    let key = SigningKey::generate(RsaBits::Rsa2048).unwrap();
    let master_keys = MasterKeys::parse(MASTER_KEY).unwrap();
    let label = private_key_label(key.kid(), "RS256");
    let sealed = master_keys
        .current()
        .seal(&key.pkcs8().unwrap(), &label)
        .unwrap();
    let public_key = key.public_key_der().unwrap();
    let [public_key, sealed, id] = [
        &public_key,
        &sealed,
        master_keys.current().id().as_bytes().as_slice(),
    ]
    .map(hex);
    database.execute(&format!(
        r"insert into signing_keys (kid, algorithm, public_key, sealed_private_key, master_key_id)
          values ('{}', 'RS256', '\x{public_key}', '\x{sealed}', '\x{id}')",
        key.kid()
    ));
    key
}

fn published(keys: &Value) -> Vec<&str> {
    keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn a_pending_key_is_published_and_verifies_but_does_not_sign() {
    let database = Arc::new(Database::new());
    let first = TestServer::start_on(&database, &[]).await;
    let tokens = first.register("ada").await;
    let pending = publish_pending_key(&database);

    let server = TestServer::start_on(&database, &[]).await;
    let keys = server.get("/.well-known/jwks.json").await.ok();
    let active_kid = header(&tokens)["kid"].clone();
    let published = published(&keys);
    assert_eq!(published.first(), active_kid.as_str().as_ref());
    assert_eq!(published.last(), Some(&pending.kid()));
    assert_eq!(
        header(&server.refresh(&tokens).await.ok())["kid"],
        active_kid
    );
    assert_eq!(
        server.get("/.well-known/public-key.pem").await.body,
        first.get("/.well-known/public-key.pem").await.body
    );
    let mut by_pending = header(&tokens);
    by_pending["kid"] = json!(pending.kid());
    let token = sign(&pending, &by_pending, &claims(&tokens));
    assert_eq!(server.me(&json!({"access_token": token})).await.status, 200);
}

#[actix_web::test]
async fn a_retiring_key_verifies_until_it_is_gone() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    let by_old = server.register("ada").await;
    server.stop().await;
    let new = publish_pending_key(&database);
    database.execute("update signing_keys set retired_at = now() where activated_at is not null");
    database.execute(&format!(
        "update signing_keys set activated_at = now() where kid = '{}'",
        new.kid()
    ));

    let server = TestServer::start_on(&database, &[]).await;
    assert_eq!(server.me(&by_old).await.status, 200);
    let by_new = server.refresh(&by_old).await.ok();
    assert_eq!(header(&by_new)["kid"], new.kid());
    assert_eq!(server.me(&by_new).await.status, 200);
    let keys = server.get("/.well-known/jwks.json").await.ok();
    assert_eq!(published(&keys).len(), 3);
    server.stop().await;

    database.execute(
        "update signing_keys set gone_at = now(), sealed_private_key = null, master_key_id = null
         where retired_at is not null",
    );
    let server = TestServer::start_on(&database, &[]).await;
    let keys = server.get("/.well-known/jwks.json").await.ok();
    assert_eq!(published(&keys).last(), Some(&new.kid()));
    assert_eq!(published(&keys).len(), 2);
    server
        .me(&by_old)
        .await
        .assert_problem(401, "invalid_token");
    assert_eq!(server.me(&by_new).await.status, 200);
}

#[actix_web::test]
async fn keys_that_another_replica_changed_are_seen_without_a_restart() {
    let server = TestServer::start().await;
    let pending = publish_pending_key(&server.database);
    crate::harness::eventually("both keys", async || {
        let keys = server.get("/.well-known/jwks.json").await.ok();
        published(&keys).contains(&pending.kid())
    })
    .await;
}
