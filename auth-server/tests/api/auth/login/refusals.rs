//! Who is refused learns nothing of why.

use std::time::{Duration, Instant};

use futures_util::future::join;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, PASSWORD, TestServer};

async fn server_with_ada_and_a_disabled_grace() -> TestServer {
    let server = TestServer::start().await;
    server.register("ada").await;
    server.register("grace").await;
    server
        .database
        .execute("update users set disabled_at = now() where username = 'grace'");
    server
}

fn told(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    let body = answer.problem_but_for_its_id().to_string();
    (answer.status.as_u16(), body, names)
}

#[actix_web::test]
async fn every_refusal_of_a_login_is_the_same_answer() {
    let server = server_with_ada_and_a_disabled_grace().await;
    let wrong = server.try_log_in("ada", "wrong password").await;
    wrong.assert_problem(401, "invalid_credentials");
    assert!(wrong.cookies().is_empty());

    let over_long = format!("{PASSWORD}{}", "x".repeat(1_000));
    let long_name = "a".repeat(5_000);
    for (identifier, password) in [
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("ada", ""),
        ("ada", over_long.as_str()),
        ("nobody", over_long.as_str()),
        ("grace", PASSWORD),
        ("grace", "wrong password"),
        ("grace@example.org", PASSWORD),
        ("", PASSWORD),
        ("no name at all", PASSWORD),
        ("not@an@address", PASSWORD),
        ("ada\u{0}", PASSWORD),
        ("' or ''='", PASSWORD),
        ("ada'--", PASSWORD),
        (long_name.as_str(), PASSWORD),
    ] {
        let answer = server.try_log_in(identifier, password).await;
        assert_eq!(told(&answer), told(&wrong), "{identifier}");
    }
    assert_eq!(server.database.count("sessions"), 2);
}

#[actix_web::test]
async fn a_refused_login_is_recorded_with_the_person_if_there_is_one() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await["user"]["id"].clone();
    for identifier in ["ada", "nobody"] {
        let answer = server
            .call(Method::POST, "/auth/login")
            .header("user-agent", "test agent")
            .header("x-forwarded-for", "198.51.100.7")
            .json(&json!({"identifier": identifier, "password": "wrong password"}))
            .send()
            .await;
        answer.assert_problem(401, "invalid_credentials");
    }
    let events = server.database.rows(
        "select user_id, session_id, ip, user_agent from security_events
         where kind = 'login_failed' order by id",
    );
    let expected = [ada, json!(null)].map(|user_id| {
        json!({
            "user_id": user_id,
            "session_id": null,
            "ip": "198.51.100.7",
            "user_agent": "test agent",
        })
    });
    assert_eq!(events, expected);
}

#[actix_web::test]
async fn who_does_not_exist_costs_a_hash_all_the_same() {
    let server = server_with_ada_and_a_disabled_grace().await;
    server.register("old").await;
    server.database.execute(&format!(
        "update users set password_hash = $hash${}$hash$ where username = 'old'",
        bcrypt::hash(PASSWORD, 4).unwrap()
    ));
    let over_long = "x".repeat(1_025);
    let classes = [
        ("ada", "wrong password"),
        ("nobody", "wrong password"),
        ("not a name", "wrong password"),
        ("grace", PASSWORD),
        ("ada", over_long.as_str()),
        ("old", "wrong password"),
    ];
    let mut fastest = [Duration::MAX; 6];
    let mut one_hash = Duration::MAX;
    for _ in 0..4 {
        let started = Instant::now();
        bcrypt::hash(PASSWORD, 10).unwrap();
        one_hash = started.elapsed().min(one_hash);
        for (best, (identifier, password)) in fastest.iter_mut().zip(classes) {
            let started = Instant::now();
            server.try_log_in(identifier, password).await;
            *best = started.elapsed().min(*best);
        }
    }
    // A comparison takes some 60 ms at this cost, all else a few. Its absence could not hide.
    for (took, class) in fastest.iter().zip(classes) {
        assert!(*took * 2 > one_hash, "{class:?}: {fastest:?}");
    }
}

#[actix_web::test]
async fn someone_disabled_while_their_password_is_compared_is_not_logged_in() {
    let server = TestServer::start().await;
    server.register("ada").await;
    // The row is locked between the look at the hash and the login, and changes under the lock.
    let lock = server.database.hold("update users set disabled_at = now()");
    let (answer, ()) = join(server.try_log_in("ada", PASSWORD), async {
        server.database.waiter().await;
        lock.commit();
    })
    .await;
    answer.assert_problem(401, "invalid_credentials");
    assert_eq!(server.database.count("sessions"), 1);
    assert_eq!(server.database.events(), ["registered", "login_failed"]);
}
