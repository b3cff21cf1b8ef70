//! How the parts of the server are doing: keys, feed, clean-up, tokens, pool, process.

use std::sync::Arc;

use super::{Figures, SERVED, server};
use crate::harness::{Database, TestServer, eventually};

#[actix_web::test]
async fn the_keys_tell_their_stages_and_when_the_next_one_takes_over() {
    let server = server(&["--key-rotation", "10d", "--jwks-max-age", "1s"]).await;
    eventually("a pending key", async || {
        let figures = Figures::of(&server).await;
        figures.find(r#"auth_signing_keys{stage="pending"}"#) == Some(1.0)
    })
    .await;
    let figures = Figures::of(&server).await;
    figures.assert_only(
        "auth_signing_keys",
        "stage",
        &[("pending", 1.0), ("active", 1.0)],
    );
    let row = server.database.row(
        "select extract(epoch from activated_at)::bigint as since from signing_keys
         where activated_at is not null",
    );
    let since = row["since"].as_f64().unwrap();
    let told = figures.value("auth_signing_key_activated_timestamp_seconds");
    assert!((told - since).abs() <= 1.0, "{told}, {since}");
    let due = figures.value("auth_signing_key_rotation_due_timestamp_seconds");
    assert!((due - told - 864_000.0).abs() < 0.5, "{due}");
    assert_eq!(figures.find("auth_key_ring_confirmed"), Some(1.0));
    assert!(figures.value("auth_key_ring_age_seconds") < 3.0);

    server.database.cut_off();
    eventually("a replica that signs no more", async || {
        let figures = Figures::of(&server).await;
        figures.find("auth_key_ring_confirmed") == Some(0.0)
            && figures.value("auth_key_ring_age_seconds") >= 3.0
    })
    .await;
}

#[actix_web::test]
async fn keys_that_were_never_loaded_have_no_age() {
    let database = Arc::new(Database::not_migrated());
    let server = TestServer::start_unready(&database, &SERVED);
    let figures = Figures::of(&server).await;
    assert_eq!(figures.find("auth_key_ring_confirmed"), Some(0.0));
    assert_eq!(figures.find("auth_revocation_feed_published"), Some(0.0));
    for absent in [
        "auth_key_ring_age_seconds",
        "auth_signing_key_activated_timestamp_seconds",
        "auth_signing_key_rotation_due_timestamp_seconds",
        "auth_revocation_feed_age_seconds",
    ] {
        assert_eq!(figures.find(absent), None);
    }
}

#[actix_web::test]
async fn the_feed_tells_its_age_and_its_entries() {
    let server = server(&[]).await;
    let tokens = server.register("ada").await;
    let figures = Figures::of(&server).await;
    assert_eq!(figures.find("auth_revocation_feed_published"), Some(1.0));
    assert_eq!(figures.find("auth_revocation_feed_entries"), Some(0.0));
    let body = serde_json::json!({"refresh_token": tokens["refresh_token"]});
    server.post("/auth/logout", &body).await.assert_no_content();
    eventually("an entry", async || {
        let figures = Figures::of(&server).await;
        figures.find("auth_revocation_feed_entries") == Some(1.0)
    })
    .await;

    server.database.cut_off();
    eventually("a feed that is served no more", async || {
        let figures = Figures::of(&server).await;
        figures.find("auth_revocation_feed_published") == Some(0.0)
            && figures.value("auth_revocation_feed_age_seconds") >= 5.0
    })
    .await;
}

#[actix_web::test]
async fn clean_up_tells_what_it_deleted_and_that_it_fails() {
    let database = Arc::new(Database::new());
    database.execute(
        "update background_tasks set due_at = now();
         insert into revocations
         select gen_random_uuid(), now() - interval '1 day' from generate_series(1, 7)",
    );
    let mut arguments = SERVED.to_vec();
    arguments.extend(["--clean-up-interval", "100ms"]);
    let server = TestServer::start_on(&database, &arguments).await;
    eventually("seven revocations less", async || {
        let figures = Figures::of(&server).await;
        figures.find(r#"auth_clean_up_deleted_rows_total{table="revocations"}"#) == Some(7.0)
    })
    .await;
    let figures = Figures::of(&server).await;
    figures.assert_only(
        "auth_clean_up_deleted_rows_total",
        "table",
        &[("revocations", 7.0)],
    );
    assert_eq!(figures.find("auth_clean_up_failures_total"), Some(0.0));

    database.execute("alter table background_tasks rename to elsewhere");
    eventually("failures", async || {
        let figures = Figures::of(&server).await;
        figures.value("auth_clean_up_failures_total") >= 2.0
            && figures.value("auth_clean_up_success_age_seconds") >= 0.2
    })
    .await;
    database.execute("alter table elsewhere rename to background_tasks");
    eventually("success", async || {
        let figures = Figures::of(&server).await;
        figures.value("auth_clean_up_success_age_seconds") < 0.1
    })
    .await;
}

#[actix_web::test]
async fn the_pool_the_tokens_and_the_process_are_told_as_by_every_service() {
    let server = server(&["--database-pool", "3"]).await;
    let tokens = server.register("ada").await;
    for _ in 0..3 {
        server.me(&tokens).await.ok();
    }
    let figures = Figures::of(&server).await;
    for (name, value) in [
        ("latchkey_database_connections_max", 3.0),
        ("latchkey_database_timeouts_total", 0.0),
        ("latchkey_verified_token_cache_hits_total", 2.0),
        ("latchkey_verified_token_cache_misses_total", 1.0),
        (
            r#"latchkey_tokens_refused_total{reason="bad_signature"}"#,
            0.0,
        ),
    ] {
        assert_eq!(figures.find(name), Some(value), "{name}");
    }
    assert!(figures.value("process_resident_memory_bytes") > 1e6);
    let build = r#"latchkey_build_info{service="auth-server","#;
    assert!(figures.0.contains(build), "{}", figures.0);
}
