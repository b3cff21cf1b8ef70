//! The whole story by HTTP, with the refresh token delivered both ways.

use serde_json::{Value, json};

use crate::harness::client::{Client, PASSWORD, REFRESH_COOKIE, new_username};
use crate::harness::system::shared;

#[tokio::test]
async fn a_program_registers_writes_a_note_refreshes_and_logs_out() {
    let system = shared().await;
    let client = system.client();
    let ada = client.register().await;

    let written = client.write_note(&ada.access_token, "Harbour").await;
    written.assert_status(201);
    let note = written.header("location");
    assert_eq!(written.header("etag"), "\"1\"");

    let refreshed = client.refresh(&ada.refresh_token).await;
    refreshed.assert_status(200);
    assert_eq!(refreshed.header("cache-control"), "no-store");
    assert_eq!(refreshed.body["session_id"], json!(ada.session));
    assert_ne!(refreshed.text("refresh_token"), ada.refresh_token);
    assert!(refreshed.set_cookie(REFRESH_COOKIE).is_none());
    let access_token = refreshed.text("access_token");
    assert_ne!(access_token, ada.access_token);

    let read = client.get(note).bearer(access_token).send().await;
    read.assert_status(200);
    assert_eq!(read.text("title"), "Harbour");
    let list = client.get("/notes").bearer(access_token).send().await;
    assert_eq!(list.body["notes"], json!([read.body]));

    let refresh_token = json!({"refresh_token": refreshed.text("refresh_token")});
    for _ in 0..2 {
        let left = client
            .post("/auth/logout")
            .json(&refresh_token)
            .send()
            .await;
        left.assert_status(204);
    }
    let refused = client
        .post("/auth/refresh")
        .json(&refresh_token)
        .send()
        .await;
    refused.assert_problem(401, "session_revoked");
}

/// R38, R39, R40.
#[tokio::test]
async fn a_browser_keeps_its_refresh_token_in_a_cookie() {
    let system = shared().await;
    let client = system.client();
    let username = new_username();
    let registration = json!({
        "username": username,
        "email": format!("{username}@example.org"),
        "password": PASSWORD,
    });
    let registered = client
        .post("/auth/register")
        .header("origin", &client.url)
        .json(&registration)
        .send()
        .await;
    registered.assert_status(201);
    assert_eq!(registered.body["refresh_token"], Value::Null);
    let (token, attributes) = registered.set_cookie(REFRESH_COOKIE).unwrap();
    assert_eq!(
        attributes,
        [
            "HttpOnly",
            "Max-Age=604800",
            "Path=/",
            "SameSite=Strict",
            "Secure"
        ]
    );

    let refreshed = refresh_from(&client, &token, &client.url).await;
    refreshed.assert_status(200);
    assert_eq!(refreshed.body["refresh_token"], Value::Null);
    let (successor, _) = refreshed.set_cookie(REFRESH_COOKIE).unwrap();
    assert_ne!(successor, token);
    for origin in ["https://elsewhere.example", "null"] {
        let refused = refresh_from(&client, &successor, origin).await;
        refused.assert_problem(403, "cross_site_request");
    }
    let unsaid = client
        .post("/auth/refresh")
        .cookie(REFRESH_COOKIE, &successor);
    unsaid
        .send()
        .await
        .assert_problem(403, "cross_site_request");

    let access_token = refreshed.text("access_token");
    client
        .write_note(access_token, "Harbour")
        .await
        .assert_status(201);

    let left = client
        .post("/auth/logout")
        .cookie(REFRESH_COOKIE, &successor)
        .header("origin", &client.url)
        .send()
        .await;
    left.assert_status(204);
    let (emptied, attributes) = left.set_cookie(REFRESH_COOKIE).unwrap();
    assert_eq!(emptied, "");
    assert!(attributes.contains(&"Max-Age=0".to_owned()));
    let refused = refresh_from(&client, &successor, &client.url).await;
    refused.assert_problem(401, "session_revoked");
}

#[tokio::test]
async fn one_logs_in_by_username_by_email_or_by_either() {
    let system = shared().await;
    let client = system.client();
    let ada = client.register().await;
    let email = format!("{}@EXAMPLE.org", ada.username.to_uppercase());
    for (member, name) in [
        ("username", &ada.username),
        ("email", &email),
        ("identifier", &ada.username),
        ("identifier", &email),
    ] {
        let body = json!({member: name, "password": PASSWORD});
        let answer = client.post("/auth/login").json(&body).send().await;
        answer.assert_status(200);
        assert_eq!(
            answer.body["user"]["username"],
            json!(ada.username),
            "{member}"
        );
    }
}

/// R25.
#[tokio::test]
async fn other_peoples_notes_are_not_there() {
    let system = shared().await;
    let client = system.client();
    let (ada, eve) = (client.register().await, client.register().await);
    let written = client.write_note(&ada.access_token, "Harbour").await;
    let note = written.header("location");

    let read = client.get(note).bearer(&eve.access_token).send().await;
    read.assert_problem(404, "not_found");
    let replaced = client
        .call(reqwest::Method::PUT, note)
        .bearer(&eve.access_token)
        .json(&json!({"title": "Mine", "body": ""}))
        .send()
        .await;
    replaced.assert_problem(404, "not_found");
    let deleted = client.call(reqwest::Method::DELETE, note);
    let deleted = deleted.bearer(&eve.access_token).send().await;
    deleted.assert_problem(404, "not_found");
    let list = client.get("/notes").bearer(&eve.access_token).send().await;
    assert_eq!(list.body["notes"], json!([]));

    let unharmed = client.get(note).bearer(&ada.access_token).send().await;
    assert_eq!(unharmed.body, written.body);
}

async fn refresh_from(
    client: &Client,
    token: &str,
    origin: &str,
) -> crate::harness::client::Answer {
    client
        .post("/auth/refresh")
        .cookie(REFRESH_COOKIE, token)
        .header("origin", origin)
        .send()
        .await
}
