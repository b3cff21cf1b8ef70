//! A password that an administrator set is exchanged for one of the person's own, and for nothing else.

use serde_json::{Value, json};

use crate::harness::{Answer, OTHER_PASSWORD, PASSWORD, TestServer};

/// A server where the password of ada is temporary.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.register("ada").await;
    expire(&server, "1 hour");
    server
}

fn expire(server: &TestServer, from_now: &str) {
    server.database.execute(&format!(
        "update users set password_expires_at = now() + interval '{from_now}'"
    ));
}

async fn log_in(server: &TestServer, password: &str, new_password: &str) -> Answer {
    let body = json!({
        "identifier": "ada",
        "password": password,
        "new_password": new_password,
        "delivery": "body",
    });
    server.post("/auth/login", &body).await
}

fn sessions(server: &TestServer) -> u64 {
    server.database.count("sessions")
}

#[actix_web::test]
async fn a_temporary_password_lets_nobody_in() {
    let server = server().await;
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(403, "password_change_required");
    server
        .try_log_in("ada", "wrong")
        .await
        .assert_problem(401, "invalid_credentials");
    assert_eq!(sessions(&server), 1);
    assert_eq!(
        server.database.events(),
        ["registered", "password_change_required", "login_failed"]
    );
}

#[actix_web::test]
async fn with_a_password_of_their_own_a_person_is_signed_in() {
    let server = server().await;
    let tokens = log_in(&server, PASSWORD, OTHER_PASSWORD).await.ok();
    assert_eq!(server.me(&tokens).await.status, 200);
    assert_eq!(server.try_log_in("ada", OTHER_PASSWORD).await.status, 200);
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    assert_eq!(
        server
            .database
            .row("select password_expires_at as at from users")["at"],
        Value::Null
    );
    assert_eq!(
        server.database.events(),
        [
            "registered",
            "password_changed",
            "login",
            "login",
            "login_failed"
        ]
    );
}

#[actix_web::test]
async fn the_new_password_has_to_be_a_good_one_and_another() {
    let server = server().await;
    for new in ["short", "password1234", "ada@example.org", PASSWORD] {
        log_in(&server, PASSWORD, new).await.assert_invalid(&[(
            "new_password",
            if new == "short" {
                "length"
            } else {
                "guessable"
            },
        )]);
    }
    assert_eq!(sessions(&server), 1);
    assert_eq!(
        server.database.events()[1..],
        ["password_change_required"; 4]
    );
    assert_eq!(log_in(&server, PASSWORD, OTHER_PASSWORD).await.status, 200);
}

/// Nobody learns by it that there was one.
#[actix_web::test]
async fn after_its_time_a_temporary_password_is_a_wrong_one() {
    let server = server().await;
    expire(&server, "-1 second");
    for answer in [
        server.try_log_in("ada", PASSWORD).await,
        log_in(&server, PASSWORD, OTHER_PASSWORD).await,
    ] {
        answer.assert_problem(401, "invalid_credentials");
    }
}

#[actix_web::test]
async fn a_password_of_ones_own_is_not_changed_by_logging_in() {
    let server = TestServer::start().await;
    server.register("ada").await;
    log_in(&server, PASSWORD, OTHER_PASSWORD)
        .await
        .assert_invalid(&[("new_password", "not_temporary")]);
    // Somebody knows the password: it is as good as a refused login to whom it belongs.
    assert_eq!(server.database.events(), ["registered", "login_failed"]);
    // Whether the password is right is told first.
    log_in(&server, "wrong", OTHER_PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    assert_eq!(server.try_log_in("ada", PASSWORD).await.status, 200);
}

/// A right temporary password is no failed guess, whatever else is wrong.
#[actix_web::test]
async fn the_owner_of_a_temporary_password_is_not_throttled() {
    let database = server().await.database.clone();
    let throttle = ["--throttle", "on", "--throttle-account-free", "2"];
    let server = TestServer::start_on(&database, &throttle).await;
    for _ in 0..5 {
        server
            .try_log_in("ada", PASSWORD)
            .await
            .assert_problem(403, "password_change_required");
        log_in(&server, PASSWORD, "short")
            .await
            .assert_invalid(&[("new_password", "length")]);
    }
    assert_eq!(log_in(&server, PASSWORD, OTHER_PASSWORD).await.status, 200);
}
