//! Keys rotate by themselves.

use std::{sync::Arc, time::Instant};

use serde_json::Value;

use super::{kid, kids, list, ripen, signs_with};
use crate::harness::{Database, TestServer, eventually, header};

/// The shortest lives there are: published for 6.4 s, active for 2 s, retiring for 9 s.
const SHORT: [&str; 6] = [
    "--key-rotation",
    "2s",
    "--jwks-max-age",
    "1s",
    "--access-token-ttl",
    "1s",
];

/// The instant of a key's life, in milliseconds.
fn instant(key: &Value, step: &str) -> i64 {
    let text = key[step]
        .as_str()
        .unwrap_or_else(|| panic!("{step} of {key}"));
    text.parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        .timestamp_millis()
}

/// R22.
#[actix_web::test]
async fn a_key_is_published_before_it_signs_and_until_what_it_signed_has_expired() {
    let database = Arc::new(Database::without_keys());
    let one = TestServer::start_on(&database, &SHORT).await;
    let another = TestServer::start_on(&database, &SHORT).await;
    let mut tokens = one.register("ada").await;
    let replicas = [&one, &another];
    let mut refused = 0;
    let mut signers = std::collections::BTreeSet::new();

    eventually("the end of three keys", async || {
        for (turn, server) in replicas.iter().enumerate() {
            let refreshed = server.refresh(&tokens).await;
            assert_eq!(refreshed.status, 200, "{}", refreshed.body);
            tokens = refreshed.body;
            signers.insert(header(&tokens)["kid"].to_string());
            // The other replica verifies it.
            let me = replicas[1 - turn].me(&tokens).await;
            refused += usize::from(me.status != 200);
        }
        kids(&database, "gone").len() >= 3
    })
    .await;

    one.stop().await;
    another.stop().await;
    assert_eq!(refused, 0);
    assert!(signers.len() >= 3);
    let keys = list(&database);
    assert_eq!(kids(&database, "active").len(), 1);
    // The first key signs at once; there is no older key set that anybody could hold.
    for key in keys
        .iter()
        .skip(1)
        .filter(|key| !key["activated_at"].is_null())
    {
        let published_for = instant(key, "activated_at") - instant(key, "published_at");
        assert!(published_for >= 6_400, "{key}");
    }
    for key in keys.iter().filter(|key| key["state"] == "gone") {
        let (retired, gone) = (instant(key, "retired_at"), instant(key, "gone_at"));
        assert!(gone - retired >= 9_000, "{key}");
        assert!(gone >= instant(key, "published_until"), "{key}");
    }
    let rotations = keys.iter().filter(|key| !key["retired_at"].is_null());
    assert_eq!(
        database.count("security_events where kind = 'key_rotated'"),
        rotations.count() as u64
    );
    let left = "signing_keys where gone_at is not null and sealed_private_key is not null";
    assert_eq!(database.count(left), 0);
}

#[actix_web::test]
async fn a_key_whose_time_is_over_waits_for_a_successor_that_is_ripe() {
    let database = Arc::new(Database::new());
    let (active, pending) = (kid(&database, "active"), kid(&database, "pending"));
    database.execute("update signing_keys set activated_at = now() - interval '91 days' where activated_at is not null");
    let server = TestServer::start_on(&database, &[]).await;
    let tokens = server.register("ada").await;
    assert_eq!(header(&tokens)["kid"], active.as_str());

    ripen(&database);
    eventually("the rotation", async || kid(&database, "active") == pending).await;
    signs_with(&server, &tokens, &pending).await;
    assert_eq!(server.me(&tokens).await.status, 200);
    assert_eq!(kid(&database, "retiring"), active);
    eventually("the key after that", async || {
        kids(&database, "pending").len() == 1
    })
    .await;
}

#[actix_web::test]
async fn a_successor_that_cannot_be_opened_does_not_take_over() {
    let database = Arc::new(Database::new());
    let active = kid(&database, "active");
    ripen(&database);
    database.execute(
        r"update signing_keys set activated_at = now() - interval '91 days' where activated_at is not null;
          update signing_keys set sealed_private_key = '\x00' where activated_at is null",
    );
    let server = TestServer::start_on(&database, &["--jwks-max-age", "1s"]).await;
    let since = Instant::now();
    let tokens = server.register("ada").await;
    eventually("a few looks", async || since.elapsed().as_millis() > 1_000).await;
    signs_with(&server, &tokens, &active).await;
    assert_eq!(server.get("/health/ready").await.status, 200);
    assert_eq!(kid(&database, "active"), active);
}

/// However the replicas are configured, the keys stay published for the longest-lived token.
#[actix_web::test]
async fn the_longest_lifetime_that_any_replica_gives_counts() {
    let database = Arc::new(Database::without_keys());
    let short = TestServer::start_on(&database, &["--access-token-ttl", "1m"]).await;
    let lifetimes = || {
        let rows = database.rows("select distinct token_lifetime_seconds as n from signing_keys");
        rows.iter().map(|row| row["n"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(lifetimes(), [60]);
    short.register("ada").await;

    let long = TestServer::start_on(&database, &["--access-token-ttl", "20m"]).await;
    long.register("grace").await;
    assert_eq!(lifetimes(), [1200]);
    TestServer::start_on(&database, &["--access-token-ttl", "1m"]).await;
    assert_eq!(lifetimes(), [1200]);
}

/// A replica that cannot look at the keys promises less and less.
#[actix_web::test]
async fn the_key_set_may_be_kept_for_less_while_the_database_is_away() {
    let server = TestServer::start_with(&["--jwks-max-age", "2s"]).await;
    let max_age = async || {
        let answer = server.get("/.well-known/jwks.json").await;
        assert_eq!(answer.status, 200);
        answer.header("cache-control").to_owned()
    };
    assert_eq!(max_age().await, "public, max-age=2");
    server.database.cut_off();
    eventually("no promise", async || {
        max_age().await == "public, max-age=0"
    })
    .await;
    server.database.restore();
    eventually("the whole promise", async || {
        max_age().await == "public, max-age=2"
    })
    .await;
}
