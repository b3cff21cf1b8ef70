//! Each thing that happens to an account or a session is one event.

use reqwest::Method;
use serde_json::json;

use crate::harness::{OTHER_PASSWORD, PASSWORD, TestServer};

#[actix_web::test]
async fn each_flow_leaves_one_event() {
    let server = TestServer::start().await;
    let mut seen = 0;
    let mut new_events = || {
        let events = server.database.events().split_off(seen);
        seen += events.len();
        events
    };

    let ada = server.register("ada").await;
    assert_eq!(new_events(), ["registered"]);
    let second = server.log_in("ada").await;
    assert_eq!(new_events(), ["login"]);
    for name in ["ada", "nobody", "no name of anyone!"] {
        server.try_log_in(name, "wrong password").await;
        assert_eq!(new_events(), ["login_failed"]);
    }

    let current = server.refresh(&second).await.ok();
    server.refresh(&second).await.ok();
    assert_eq!(new_events(), [""; 0], "a refresh is no news");
    server.database.pass("31 s");
    server.refresh(&second).await;
    assert_eq!(new_events(), ["refresh_reuse"]);
    server.refresh(&current).await;
    server.me(&current).await;
    assert_eq!(new_events(), [""; 0], "nor is an ended session");

    let ahead = server.log_in("ada").await;
    let ahead = server.refresh(&ahead).await.ok();
    server
        .database
        .execute("update sessions set generation = 0, rotated_at = null");
    server.refresh(&ahead).await;
    assert_eq!(new_events(), ["login", "refresh_ahead"]);
    server
        .post(
            "/auth/logout",
            &json!({"refresh_token": ahead["refresh_token"]}),
        )
        .await
        .assert_no_content();
    assert_eq!(new_events(), ["logout"]);

    let third = server.log_in("ada").await;
    server
        .post(
            "/auth/logout",
            &json!({"refresh_token": third["refresh_token"]}),
        )
        .await;
    assert_eq!(new_events(), ["login", "logout"]);
    let fourth = server.log_in("ada").await;
    let path = format!("/auth/sessions/{}", fourth["session_id"].as_str().unwrap());
    server.call(Method::DELETE, &path).bearer(&ada).send().await;
    assert_eq!(new_events(), ["login", "session_revoked"]);
    for _ in 0..2 {
        server.log_in("ada").await;
    }
    for (scope, ended) in [("others", 2), ("others", 0)] {
        server
            .call(Method::POST, "/auth/logout")
            .bearer(&ada)
            .json(&json!({ "scope": scope }))
            .send()
            .await
            .assert_no_content();
        let events = new_events();
        let logouts = events.iter().filter(|kind| *kind == "logout");
        assert_eq!(logouts.count(), ended, "{events:?}");
    }
    for (change, events) in [
        (json!({"username": "ada.king"}), &["profile_changed"][..]),
        (json!({"full_name": "Ada King"}), &["profile_changed"]),
        (
            json!({"full_name": "Ada King", "username": "ada.king"}),
            &[],
        ),
        (json!({"full_name": null}), &["profile_changed"]),
        (json!({}), &[]),
        (json!({"username": "!"}), &[]),
    ] {
        server
            .call(Method::PATCH, "/auth/me")
            .bearer(&ada)
            .json(&change)
            .send()
            .await;
        assert_eq!(new_events(), events, "{change}");
    }

    let change = json!({"current_password": "wrong password", "new_password": OTHER_PASSWORD});
    server
        .call(Method::POST, "/auth/password")
        .bearer(&ada)
        .json(&change)
        .send()
        .await;
    assert_eq!(new_events(), ["password_refused"]);
    server.change_password(&ada).await.assert_no_content();
    assert_eq!(new_events(), ["password_changed"]);
    for (password, events) in [
        (PASSWORD, &["password_refused"][..]),
        (OTHER_PASSWORD, &["session_revoked", "account_deleted"]),
    ] {
        server
            .call(Method::DELETE, "/auth/me")
            .bearer(&ada)
            .json(&json!({ "password": password }))
            .send()
            .await;
        assert_eq!(new_events(), events);
    }
}

#[actix_web::test]
async fn events_are_in_utc_and_in_order_and_survive_hostile_text() {
    let server = TestServer::start().await;
    for user_agent in ["a' || 'b", "$1 \\x00 %s", "{\"kind\":\"login\"}"] {
        server
            .call(Method::POST, "/auth/login")
            .header("user-agent", user_agent)
            .json(&json!({"identifier": "nobody", "password": "x"}))
            .send()
            .await;
        let row = server.database.row(
            "select user_agent, kind, extract(timezone from at) as offset
             from security_events order by id desc limit 1",
        );
        assert_eq!(
            row,
            json!({"user_agent": user_agent, "kind": "login_failed", "offset": 0})
        );
    }
    assert_eq!(
        server.database.count(
            "(select at, lag(at) over (order by id) as before from security_events) as pair
             where at < before"
        ),
        0
    );
}
