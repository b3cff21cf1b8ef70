//! What a login finds in the row, and leaves there.

use std::sync::Arc;

use serde_json::Value;

use crate::harness::{Database, PASSWORD, TestServer};

fn stored_hash(database: &Database) -> String {
    let row = database.row("select password_hash from users");
    row["password_hash"].as_str().unwrap().to_owned()
}

fn store_hash(database: &Database, hash: &str) {
    database.execute(&format!(
        "update users set password_hash = $hash${hash}$hash$"
    ));
}

#[actix_web::test]
async fn a_hash_from_an_older_system_is_accepted_once_and_upgraded() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let bare = bcrypt::hash(PASSWORD, 4).unwrap();
    for prefix in ["$2a$", "$2b$", "$2y$"] {
        let older = bare.replacen("$2b$", prefix, 1);
        store_hash(&server.database, &older);
        server
            .try_log_in("ada", "wrong password")
            .await
            .assert_problem(401, "invalid_credentials");
        assert_eq!(
            stored_hash(&server.database),
            older,
            "a wrong password upgrades nothing"
        );

        server.log_in("ada").await;
        let upgraded = stored_hash(&server.database);
        assert!(upgraded.starts_with("lk1.1$2b$10$"), "{upgraded}");
        server.log_in("ada").await;
        assert_eq!(stored_hash(&server.database), upgraded, "once");
    }
}

#[actix_web::test]
async fn an_upgrade_is_no_change_of_password() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let changed_at = || server.database.row("select password_changed_at from users");
    let before = changed_at();
    store_hash(&server.database, &bcrypt::hash(PASSWORD, 4).unwrap());
    server.log_in("ada").await;
    assert_eq!(changed_at(), before);
    assert_eq!(server.refresh(&tokens).await.status, 200);
}

#[actix_web::test]
async fn a_raised_cost_takes_effect_at_the_next_login() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &[]).await;
    server.register("ada").await;
    assert!(stored_hash(&database).starts_with("lk1.1$2b$10$"));
    server.stop().await;

    let server = TestServer::start_on(&database, &["--bcrypt-cost", "11"]).await;
    server.log_in("ada").await;
    assert!(stored_hash(&database).starts_with("lk1.1$2b$11$"));
    server.log_in("ada").await;
}

#[actix_web::test]
async fn a_corrupt_stored_hash_fits_no_password() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let good = stored_hash(&server.database);
    let cut = &good[..good.len() - 1];
    for corrupt in [
        "",
        "plain text",
        PASSWORD,
        "$2b$",
        "$2b$99$abcdefghijklmnopqrstuu",
        "lk1.",
        "lk1.2$2b$10$",
        "lk1.1$2b$é",
        "lk1.99999999$2b$10$",
        cut,
    ] {
        store_hash(&server.database, corrupt);
        let answer = server.try_log_in("ada", PASSWORD).await;
        answer.assert_problem(401, "invalid_credentials");
    }
    store_hash(&server.database, &good);
    server.log_in("ada").await;
}

#[actix_web::test]
async fn a_login_that_is_not_stored_is_no_login() {
    let server = TestServer::start().await;
    server.register("ada").await;
    server.database.execute(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'refused'; end $$;
         create trigger refuse before insert on security_events execute function refuse()",
    );
    let answer = server.try_log_in("ada", PASSWORD).await;
    answer.assert_unavailable();
    assert_eq!(answer.body["access_token"], Value::Null);
    assert_eq!(server.database.count("sessions"), 1);
    server
        .try_log_in("ada", "wrong password")
        .await
        .assert_unavailable();
}

#[actix_web::test]
async fn parallel_logins_that_upgrade_a_hash_all_succeed() {
    let server = TestServer::start().await;
    server.register("ada").await;
    store_hash(&server.database, &bcrypt::hash(PASSWORD, 4).unwrap());

    let (left, right) = futures_util::future::join(
        server.try_log_in("ada", PASSWORD),
        server.try_log_in("ada", PASSWORD),
    )
    .await;

    left.ok();
    right.ok();
    let refused = server
        .database
        .count("security_events where kind = 'login_failed'");
    assert_eq!(refused, 0);
}
