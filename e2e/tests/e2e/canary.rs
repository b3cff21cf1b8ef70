//! What must not be in any log is in none, after calls of every kind, good and bad (R58).

use std::path::Path;

use serde_json::json;

use crate::harness::client::{Client, REFRESH_COOKIE};
use crate::harness::system::start;

const USERNAME: &str = "canary-person";
const EMAIL: &str = "canary-mailbox@example.org";
const PASSWORD: &str = "canary sings at 5 in the quarry";
const NEW_PASSWORD: &str = "another canary hums at 6 by the mill";
const NOTE: &str = "canary seed and cuttlebone";
/// A word of the note, to search for.
const WORD: &str = "cuttlebone";

#[tokio::test]
async fn no_log_holds_a_password_an_email_a_token_or_a_note() {
    let mut system = start(|settings| {
        settings.set_auth("RUST_LOG", "debug");
        settings.set_notes("RUST_LOG", "debug");
    })
    .await;
    let client = system.client();
    let tokens = calls_that_are_answered(&client).await;
    system.stack.postgres.kill();
    calls_without_a_database(&client, &tokens).await;
    system.stack.stop().unwrap();

    let mut secrets: Vec<&str> = tokens.iter().map(|token| ending(token)).collect();
    secrets.extend([EMAIL, PASSWORD, NEW_PASSWORD, NOTE, WORD]);
    let logs = read_logs(&system.log_directory());
    for wanted in [
        "auth-server-1.log",
        "notes-api-2.log",
        "gateway-access.log",
        "postgres.log",
    ] {
        assert!(
            logs.iter()
                .any(|(name, text)| name == wanted && !text.is_empty())
        );
    }
    for (name, text) in &logs {
        for secret in &secrets {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{name} holds {secret}");
        }
    }
}

/// Calls everything, well and badly, and gives back the tokens that came along.
async fn calls_that_are_answered(client: &Client) -> Vec<String> {
    let registration =
        json!({"username": USERNAME, "email": EMAIL, "password": PASSWORD, "delivery": "body"});
    let registered = client
        .post("/auth/register")
        .json(&registration)
        .send()
        .await;
    registered.assert_status(201);
    let access_token = registered.text("access_token");
    let refresh_token = registered.text("refresh_token");
    for (username, code) in [(USERNAME, "username_taken"), ("another", "email_taken")] {
        let mut registration = registration.clone();
        registration["username"] = json!(username);
        let again = client
            .post("/auth/register")
            .json(&registration)
            .send()
            .await;
        again.assert_problem(409, code);
    }

    let login = json!({"email": EMAIL, "password": PASSWORD});
    let in_cookie = client.post("/auth/login").json(&login).send().await;
    in_cookie.assert_status(200);
    let (cookie, _) = in_cookie.set_cookie(REFRESH_COOKIE).unwrap();
    for body in [
        json!({"email": EMAIL, "password": NEW_PASSWORD}),
        json!({"email": [EMAIL], "password": PASSWORD}),
        json!({"identifier": EMAIL, "username": PASSWORD, "password": PASSWORD}),
        json!({"email": EMAIL, "password": PASSWORD, "unknown": PASSWORD}),
    ] {
        let refused = client.post("/auth/login").json(&body).send().await;
        assert!((400..500).contains(&refused.status), "{refused:?}");
    }
    let broken = format!("{{\"password\": \"{PASSWORD}\", {EMAIL}");
    let broken = client.post("/auth/login").body("application/json", broken);
    broken.send().await.assert_problem(400, "malformed_request");

    let refreshed = client.refresh(refresh_token).await;
    refreshed.assert_status(200);
    let forged = format!("{refresh_token}x");
    client
        .refresh(&forged)
        .await
        .assert_problem(401, "invalid_refresh_token");
    let foreign = client.post("/auth/refresh").cookie(REFRESH_COOKIE, &cookie);
    foreign
        .send()
        .await
        .assert_problem(403, "cross_site_request");

    let note = json!({"title": NOTE, "body": NOTE});
    let written = client
        .post("/notes")
        .bearer(access_token)
        .json(&note)
        .send()
        .await;
    written.assert_status(201);
    let found = client
        .get(&format!("/notes?query={WORD}"))
        .bearer(access_token);
    found.send().await.assert_status(200);
    let in_query = client.get(&format!("/notes?access_token={access_token}"));
    in_query.send().await.assert_status(401);
    let unknown = client
        .get(&format!("/notes?{WORD}={WORD}"))
        .bearer(access_token);
    unknown
        .send()
        .await
        .assert_problem(400, "malformed_request");
    let mangled = client.get("/notes").bearer(&format!("{access_token}x"));
    mangled.send().await.assert_problem(401, "invalid_token");
    let long = client.post("/notes").bearer(access_token);
    let long = long.body("application/json", NOTE.repeat(100_000));
    long.send().await.assert_problem(413, "payload_too_large");

    let change = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    for status in [204, 403] {
        let changed = client
            .post("/auth/password")
            .bearer(access_token)
            .json(&change);
        changed.send().await.assert_status(status);
    }
    let mut tokens = vec![cookie, in_cookie.text("access_token").to_owned()];
    for answer in [&registered, &refreshed] {
        tokens.push(answer.text("access_token").to_owned());
        tokens.push(answer.text("refresh_token").to_owned());
    }
    tokens
}

async fn calls_without_a_database(client: &Client, tokens: &[String]) {
    let login = json!({"email": EMAIL, "password": NEW_PASSWORD});
    let login = client.post("/auth/login").json(&login).send().await;
    login.assert_problem(503, "unavailable");
    for token in tokens.iter().filter(|token| token.starts_with("lkrt_")) {
        client
            .refresh(token)
            .await
            .assert_problem(503, "unavailable");
    }
    for token in tokens.iter().filter(|token| token.starts_with("eyJ")) {
        let written = client.write_note(token, NOTE).await;
        // The change of password ended a session, which is known sooner or later.
        let refusals = [(401, "session_revoked"), (503, "unavailable")];
        assert!(
            refusals.contains(&(written.status, written.code())),
            "{written:?}"
        );
    }
}

/// Enough of a token to tell it from all others, and what a log that shortens it would show last.
fn ending(token: &str) -> &str {
    &token[token.len() - 16..]
}

fn read_logs(directory: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    let read = |file: std::fs::DirEntry| {
        let text = std::fs::read(file.path()).unwrap();
        let name = file.file_name().into_string().unwrap();
        (name, String::from_utf8_lossy(&text).into_owned())
    };
    files.map(read).collect()
}
