//! `auth-server keys reseal`: a master key is replaced, and the old one taken away.

use std::sync::Arc;

use crate::harness::{
    Database, MASTER_KEY, OTHER_MASTER_KEY, Outcome, PASSWORD, TestServer, header, run_with,
};

fn reseal(database: &Database, master_keys: &str) -> Outcome {
    run_with(
        database,
        &["keys", "reseal"],
        &[("AUTH_MASTER_KEYS", master_keys)],
    )
}

#[actix_web::test]
async fn after_resealing_the_old_master_key_is_not_needed_for_what_is_stored() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    let tokens = server.register("ada").await;
    server.stop().await;

    let both = format!("{OTHER_MASTER_KEY},{MASTER_KEY}");
    let server = TestServer::start_on(&database, &["--master-keys", &both]).await;
    let said = reseal(&database, &both).said();
    assert!(said.contains("2 signing keys and 1 peppers"), "{said}");
    assert_eq!(database.events().last().unwrap(), "keys_resealed");
    let said = reseal(&database, &both).said();
    assert!(said.contains("0 signing keys and 0 peppers"), "{said}");
    // Who refreshes meanwhile gets a token under the new master key.
    let refreshed = server.refresh(&tokens).await.ok();
    server.stop().await;

    let server = TestServer::start_on(&database, &["--master-keys", OTHER_MASTER_KEY]).await;
    assert_eq!(server.me(&tokens).await.status, 200);
    let again = server.refresh(&refreshed).await.ok();
    assert_eq!(header(&again), header(&tokens));
    assert_eq!(server.try_log_in("ada", PASSWORD).await.status, 200);
    // Who did not has to log in.
    server
        .refresh(&tokens)
        .await
        .assert_problem(401, "invalid_refresh_token");
}

#[test]
fn what_cannot_be_opened_is_not_resealed() {
    let database = Database::new();
    let stored = || {
        (
            database.rows("select * from signing_keys order by kid"),
            database.rows("select * from peppers"),
        )
    };
    let before = stored();
    let said = reseal(&database, OTHER_MASTER_KEY).complained();
    assert!(said.contains("not among AUTH_MASTER_KEYS"), "{said}");
    assert_eq!(stored(), before);
}
