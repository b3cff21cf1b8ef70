//! `auth-server users disable | enable`

use crate::harness::{PASSWORD, TestServer, eventually, run};

/// R68: no default accounts.
#[actix_web::test]
async fn nobody_is_registered_from_the_start() {
    let server = TestServer::start().await;
    assert_eq!(server.database.count("users"), 0);
    for name in ["admin", "root", "ada", "test", "latchkey"] {
        for password in [name, "password", "latchkey", PASSWORD] {
            let answer = server.try_log_in(name, password).await;
            answer.assert_problem(401, "invalid_credentials");
        }
    }
}

/// R10.
#[actix_web::test]
async fn a_disabled_person_is_out_everywhere_and_can_be_let_in_again() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let elsewhere = server.log_in("ada").await;
    let grace = server.register("grace").await;

    let said = run(&server.database, &["users", "disable", "Ada"]).said();
    assert!(said.contains("disabled"), "{said}");
    for tokens in [&ada, &elsewhere] {
        server
            .refresh(tokens)
            .await
            .assert_problem(401, "session_revoked");
        server.me(tokens).await.assert_session_ended();
    }
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    assert_eq!(server.me(&grace).await.status, 200);
    // By the feed, too.
    eventually("a refusal by the public key alone", async || {
        let verify = server
            .call(reqwest::Method::GET, "/auth/verify")
            .bearer(&ada);
        verify.send().await.status == 401
    })
    .await;
    let reasons = server
        .database
        .rows("select distinct revoke_reason as r from sessions where revoked_at is not null");
    assert_eq!(reasons, [serde_json::json!({"r": "user_disabled"})]);

    let said = run(&server.database, &["users", "disable", "ada@example.org"]).said();
    assert!(said.contains("already"), "{said}");
    let said = run(&server.database, &["users", "enable", "ada"]).said();
    assert!(said.contains("may sign in again"), "{said}");
    let said = run(&server.database, &["users", "enable", "ada"]).said();
    assert!(said.contains("was not disabled"), "{said}");
    assert_eq!(server.try_log_in("ada", PASSWORD).await.status, 200);
    server
        .refresh(&ada)
        .await
        .assert_problem(401, "session_revoked");
    assert_eq!(
        server.database.events(),
        [
            "registered",
            "login",
            "registered",
            "session_revoked",
            "session_revoked",
            "user_disabled",
            "login_failed",
            "user_enabled",
            "login"
        ]
    );
}

#[actix_web::test]
async fn nobody_is_disabled_by_mistake() {
    let server = TestServer::start().await;
    server.register("ada").await;
    for nobody in [
        "grace",
        "ada@example.com",
        "-a@example.com",
        "a",
        "'; drop table users --",
    ] {
        let complaint = run(&server.database, &["users", "disable", nobody]).complained();
        assert!(complaint.contains("nobody is registered"), "{complaint}");
    }
    assert_eq!(server.database.count("users where disabled_at is null"), 1);
}

/// However many sessions someone has hoarded.
#[actix_web::test]
async fn thousands_of_sessions_end_as_one() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    server.database.execute(
        "insert into sessions (id, handle, user_id, idle_expires_at, absolute_expires_at, ip)
         select gen_random_uuid(), substring(sha256(n::text::bytea) for 16), users.id,
                now() + n * interval '1 second' - interval '1 day', now() + interval '30 days', '::1'
         from users, generate_series(1, 100000) as n",
    );
    run(&server.database, &["users", "disable", "ada"]).said();
    server
        .refresh(&ada)
        .await
        .assert_problem(401, "session_revoked");
    let live = "sessions where revoked_at is null and idle_expires_at > now()";
    assert_eq!(server.database.count(live), 0);
    // Those that were over long before are nobody's concern.
    let published = server.database.count("revocations");
    assert!((13_600..20_000).contains(&published), "{published}");
    assert_eq!(
        server
            .database
            .count("security_events where kind = 'session_revoked'"),
        published
    );
}
