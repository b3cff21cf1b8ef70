//! The life of signing keys: by itself, and at an operator's word.

mod administration;
mod import;
mod life;
mod reseal;

use serde_json::Value;

use crate::harness::{Database, TestServer, eventually, header, run};

/// The keys as `auth-server keys list --json` shows them, the oldest first.
fn list(database: &Database) -> Vec<Value> {
    let told = run(database, &["keys", "list", "--json"]).json();
    told["keys"].as_array().unwrap().clone()
}

/// The names of the keys in a state.
fn kids(database: &Database, state: &str) -> Vec<String> {
    list(database)
        .iter()
        .filter(|key| key["state"] == state)
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The one key in a state.
#[track_caller]
fn kid(database: &Database, state: &str) -> String {
    let kids = kids(database, state);
    assert_eq!(kids.len(), 1, "{state}: {kids:?}");
    kids.into_iter().next().unwrap()
}

/// Lets the pending keys have been published for long enough.
fn ripen(database: &Database) {
    database.execute(
        "update signing_keys
         set published_at = published_at - interval '1 hour', signs_from = signs_from - interval '1 hour'
         where activated_at is null",
    );
}

/// Lets the pending keys have been published only now. The template that a test's database is cloned from may
/// be older than they have to be.
fn publish_just_now(database: &Database) {
    database.execute(
        "update signing_keys
         set published_at = now(), signs_from = now() + (signs_from - published_at)
         where activated_at is null",
    );
}

/// Waits until the server publishes exactly these keys.
async fn publishes(server: &TestServer, kids: &[String]) {
    let mut wanted = kids.to_vec();
    wanted.sort();
    eventually("the key set", async || {
        let keys = server.get("/.well-known/jwks.json").await.ok();
        let keys = keys["keys"].as_array().unwrap();
        let mut found: Vec<&str> = keys
            .iter()
            .map(|key| key["kid"].as_str().unwrap())
            .collect();
        found.sort_unstable();
        found == wanted
    })
    .await;
}

/// Waits until the server signs with this key. Where keys may be kept for a second only, a machine that stands
/// still for longer makes it say that it cannot sign for the moment.
async fn signs_with(server: &TestServer, tokens: &Value, kid: &str) {
    eventually("a token of the key", async || {
        let answer = server.refresh(tokens).await;
        answer.status != 503 && header(&answer.ok())["kid"] == kid
    })
    .await;
}
