//! The log of the real binary, at its most talkative.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Binary, Database, MASTER_KEY};

const CANARY_PASSWORD: &str = "canary-password correct horse battery";
const CANARY_NEW_PASSWORD: &str = "canary-new-password quieter horse";
const CANARY_WRONG_PASSWORD: &str = "canary-wrong-password";

#[actix_web::test]
async fn no_secret_is_logged_at_any_level() {
    let database = Arc::new(Database::new());
    let binary = Binary::start(&database).await;
    let post = async |path: &str, body: Value| binary.call(Method::POST, path, None, &body).await;
    let mut secrets: Vec<String> = [
        CANARY_PASSWORD,
        CANARY_NEW_PASSWORD,
        CANARY_WRONG_PASSWORD,
        "canary@example.org",
        "Canary Fullname",
        MASTER_KEY,
    ]
    .map(str::to_owned)
    .to_vec();
    let mut keep = |tokens: &Value| {
        for member in ["access_token", "refresh_token"] {
            let token = tokens[member].as_str().unwrap();
            // The signature, or the end of the MAC, is what makes it one.
            secrets.push(token[token.len() - 20..].to_owned());
        }
    };

    let registered = post(
        "/auth/register",
        json!({"username": "canary", "email": "canary@example.org", "password": CANARY_PASSWORD,
               "full_name": "Canary Fullname", "delivery": "body"}),
    )
    .await;
    keep(&registered);
    let logged_in = post(
        "/auth/login",
        json!({"email": "canary@example.org", "password": CANARY_PASSWORD, "delivery": "body"}),
    )
    .await;
    keep(&logged_in);
    let refreshed = post(
        "/auth/refresh",
        json!({"refresh_token": logged_in["refresh_token"]}),
    )
    .await;
    keep(&refreshed);

    // Refusals of all kinds, with the secrets in them.
    for body in [
        json!({"email": "canary@example.org", "password": CANARY_WRONG_PASSWORD}),
        json!({"email": "canary@example.org", "password": [CANARY_WRONG_PASSWORD]}),
        json!({"email": "canary@example.org", "delivery": CANARY_WRONG_PASSWORD}),
    ] {
        post("/auth/login", body).await;
    }
    for path in ["/auth/register", "/auth/password/advice"] {
        post(
            path,
            json!({"username": "canary", "email": "canary@example.org", "password": CANARY_PASSWORD}),
        )
        .await;
    }
    post(
        "/auth/register",
        json!({"username": "other", "email": "canary@example.org", "password": "canary-wrong-password"}),
    )
    .await;
    let path = format!(
        "/auth/me?access_token={}",
        refreshed["access_token"].as_str().unwrap()
    );
    binary.call(Method::GET, &path, None, &Value::Null).await;
    binary
        .call(Method::GET, "/auth/me", Some(&refreshed), &Value::Null)
        .await;
    let change = json!({"current_password": CANARY_PASSWORD, "new_password": CANARY_NEW_PASSWORD});
    binary
        .call(Method::POST, "/auth/password", Some(&refreshed), &change)
        .await;

    // Failures, whose reasons are logged.
    database.execute("alter table sessions rename to elsewhere");
    post(
        "/auth/refresh",
        json!({"refresh_token": refreshed["refresh_token"]}),
    )
    .await;
    database.execute("alter table elsewhere rename to sessions");
    database.execute("update sessions set generation = 0, rotated_at = null where generation = 1");
    post(
        "/auth/refresh",
        json!({"refresh_token": refreshed["refresh_token"]}),
    )
    .await;
    database.cut_off();
    post(
        "/auth/refresh",
        json!({"refresh_token": refreshed["refresh_token"]}),
    )
    .await;
    database.restore();
    post(
        "/auth/logout",
        json!({"refresh_token": registered["refresh_token"]}),
    )
    .await;

    let url = database.service_url();
    let (_, password) = url.split_once("://").unwrap().1.split_once(':').unwrap();
    secrets.push(password.split('@').next().unwrap().to_owned());
    let log = binary.log();
    for secret in &secrets {
        if let Some(line) = log.lines().find(|line| line.contains(secret.as_str())) {
            panic!("{secret} in: {line}");
        }
    }
    assert!(
        log.contains("is ahead of the database"),
        "the alert of a restored database"
    );
}
