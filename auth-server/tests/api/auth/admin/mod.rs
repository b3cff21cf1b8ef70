//! `/auth/admin/…`

mod access;
mod events;
mod keys;
mod sessions;
mod users;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, TestServer};

/// A server, and an administrator who is signed in to it as such.
struct Office {
    server: TestServer,
    tokens: Value,
}

impl Office {
    async fn open() -> Self {
        Self::open_with(&[]).await
    }

    async fn open_with(arguments: &[&str]) -> Self {
        let server = TestServer::start_with(arguments).await;
        server.register("root").await;
        promote(&server, "root");
        let tokens = log_in_as_administrator(&server, "root").await.ok();
        Self { server, tokens }
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn bare_post(&self, path: &str) -> Answer {
        self.call(Method::POST, path, None).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let path = format!("/auth/admin/{path}");
        let call = self.server.call(method, &path).bearer(&self.tokens);
        match body {
            Some(body) => call.json(body).send().await,
            None => call.send().await,
        }
    }

    /// The ids of all pages of a list, in order.
    async fn walk(&self, list: &str, query: &str) -> Vec<String> {
        let mut ids = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{list}?{query}{cursor}")).await.ok();
            let entries = page[list].as_array().unwrap();
            ids.extend(entries.iter().map(|entry| text(entry, "id")));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return ids,
            }
        }
    }
}

/// What was done to whom, by an administrator, in order.
fn done(server: &TestServer) -> Vec<(String, String)> {
    let rows = server.database.rows(
        "select kind, coalesce(username, '-') as username
         from security_events left join users on users.id = user_id
         where details ? 'by' order by security_events.id",
    );
    rows.iter()
        .map(|row| (text(row, "kind"), text(row, "username")))
        .collect()
}

fn promote(server: &TestServer, username: &str) {
    server.database.execute(&format!(
        "update users set is_administrator = true where username = '{username}'"
    ));
}

async fn log_in_as_administrator(server: &TestServer, username: &str) -> Answer {
    let body = json!({
        "identifier": username,
        "password": PASSWORD,
        "scope": "auth:admin",
        "delivery": "body",
    });
    server.post("/auth/login", &body).await
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}

/// The id of whoever got these tokens.
fn id_of(tokens: &Value) -> String {
    text(&tokens["user"], "id")
}
