//! A device on which the owner has logged in is counted apart.

use reqwest::Method;

use super::{WRONG, address, assert_throttled, assert_wrong, login, server, try_log_in};
use crate::harness::{Answer, Call, OTHER_PASSWORD, PASSWORD, SetCookie, TestServer, registration};

#[track_caller]
fn device_of(answer: &Answer) -> String {
    let cookies = answer.cookies();
    let cookie = cookies
        .iter()
        .find(|cookie| cookie.name == SetCookie::DEVICE);
    cookie
        .unwrap_or_else(|| panic!("{}", answer.body))
        .value
        .clone()
}

fn login_from(server: &TestServer, device: &str, name: &str, password: &str) -> Call {
    login(server, "192.0.2.1", name, password)
        .header("cookie", &format!("{}={device}", SetCookie::DEVICE))
}

async fn registered(server: &TestServer, name: &str) -> Answer {
    server.post("/auth/register", &registration(name)).await
}

/// Guesses from everywhere until nobody is let in, and from the owner's own network.
async fn attack(server: &TestServer, name: &str) {
    for number in 0..10 {
        assert_wrong(&try_log_in(server, &address(number), name, WRONG).await);
    }
    assert_throttled(&try_log_in(server, "192.0.2.2", name, WRONG).await, "10");
    for number in 0..12 {
        try_log_in(server, "192.0.2.1", &format!("nobody{number}"), WRONG).await;
    }
    let refused = try_log_in(server, "192.0.2.1", "somebody", WRONG).await;
    assert_throttled(&refused, "10");
}

#[actix_web::test]
async fn the_owner_logs_in_from_a_known_device_whatever_strangers_do() {
    let server = server(&[]).await;
    let device = device_of(&registered(&server, "ada").await);
    attack(&server, "ada").await;
    assert_throttled(
        &try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await,
        "10",
    );

    let let_in = login_from(&server, &device, "ada", PASSWORD).send().await;
    assert_eq!(let_in.status, 200, "{}", let_in.body);
    let by_mail = login_from(&server, &device_of(&let_in), "ada@example.org", PASSWORD);
    assert_eq!(by_mail.send().await.status, 200);
    // And that tells strangers nothing.
    assert_throttled(&try_log_in(&server, "192.0.2.3", "ada", WRONG).await, "10");
}

#[actix_web::test]
async fn the_cookie_is_as_safe_as_the_others_and_comes_with_every_way_of_signing_in() {
    let server = server(&[]).await;
    let registered = registered(&server, "ada").await;
    let logged_in = try_log_in(&server, "192.0.2.1", "ada", PASSWORD).await;
    for answer in [&registered, &logged_in] {
        let cookies = answer.cookies();
        assert_eq!(
            cookies.len(),
            1,
            "with delivery in the body it is the only one"
        );
        assert_eq!(cookies[0].name, SetCookie::DEVICE);
        assert!(cookies[0].value.starts_with("lkdt_"));
        cookies[0].assert_locked_down("15552000");
    }
    let changed = server.change_password(&logged_in.body).await;
    changed.assert_no_content();
    assert_eq!(changed.cookies().len(), 1);
    let refused = try_log_in(&server, "192.0.2.1", "ada", WRONG).await;
    assert!(refused.cookies().is_empty());
}

#[actix_web::test]
async fn a_device_has_ten_free_guesses_of_its_own() {
    let server = server(&[]).await;
    let device = device_of(&registered(&server, "ada").await);
    for _ in 0..10 {
        assert_wrong(&login_from(&server, &device, "ada", WRONG).send().await);
    }
    let refused = login_from(&server, &device, "ada", PASSWORD).send().await;
    assert_throttled(&refused, "10");
    // Strangers and other devices have theirs.
    assert_wrong(&try_log_in(&server, "192.0.2.1", "ada", WRONG).await);
    server.database.pass("1 m");
    let let_in = login_from(&server, &device, "ada", PASSWORD).send().await;
    assert_eq!(let_in.status, 200);
}

#[actix_web::test]
async fn what_is_no_device_of_the_owner_is_a_stranger() {
    let server = server(&[]).await;
    let device = device_of(&registered(&server, "ada").await);
    let graces = device_of(&registered(&server, "grace").await);
    attack(&server, "ada").await;
    let mut altered = device.clone();
    let last = if altered.ends_with('A') { "B" } else { "A" };
    altered.replace_range(altered.len() - 1.., last);
    let twice = format!("{device}; {}={device}", SetCookie::DEVICE);
    for (what, value) in [
        ("another person's", graces.as_str()),
        ("altered", altered.as_str()),
        ("empty", ""),
        ("two of them", twice.as_str()),
    ] {
        let refused = login_from(&server, value, "ada", PASSWORD).send().await;
        assert_eq!(refused.status, 429, "{what}");
    }
    // Nor does it help with names that nobody has.
    for number in 0..3 {
        let name = format!("nobody{number}");
        let refused = login_from(&server, &device, &name, WRONG).send().await;
        assert_throttled(&refused, "10");
    }
}

#[actix_web::test]
async fn who_knew_the_old_password_is_a_stranger_after_its_change() {
    let server = server(&[]).await;
    let registered = registered(&server, "ada").await;
    let thiefs = try_log_in(&server, "203.0.113.1", "ada", PASSWORD).await;
    let changed = server.change_password(&registered.body).await;
    attack(&server, "ada").await;
    for old in [&registered, &thiefs] {
        let refused = login_from(&server, &device_of(old), "ada", OTHER_PASSWORD);
        assert_throttled(&refused.send().await, "10");
    }
    let owners = login_from(&server, &device_of(&changed), "ada", OTHER_PASSWORD);
    assert_eq!(owners.send().await.status, 200);
}

#[actix_web::test]
async fn a_device_token_lets_nobody_in() {
    let server = server(&[]).await;
    let device = device_of(&registered(&server, "ada").await);
    let refreshed = server.refresh_by_cookie(&device).await;
    refreshed.assert_problem(401, "invalid_refresh_token");
    let me = server
        .call(Method::GET, "/auth/me")
        .bearer_token(&device)
        .send()
        .await;
    me.assert_problem(401, "invalid_token");
}
