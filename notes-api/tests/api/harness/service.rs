//! A running notes API.

use std::net::SocketAddr;

use clap::Parser;
use notes_api::{
    app::Application,
    config::{Command, CommandLine, Config},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared_claims::KeySource;

use super::{
    Answer, Call, Database, Feed, ISSUER, Issuer, SigningKey, claims_of,
    thread::{Built, ServerThread},
};

/// A running notes API in this process, with a database and an issuer of its own.
pub(crate) struct TestService {
    // Dropped in this order: the service ends before its database does.
    server: ServerThread,
    issuer: Option<Issuer>,
    database: Option<Database>,
    http: reqwest::Client,
}

impl TestService {
    /// A service with the default settings.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// A service with further command line arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::start_on(Database::new(), arguments)
    }

    /// A service that asks its issuer for revocations as often as it can, and serves figures.
    pub(crate) fn start_attentive(feed: Feed) -> Self {
        let arguments = [
            "--revocations-poll",
            "100ms",
            "--metrics-listen",
            "127.0.0.1:0",
        ];
        Self::start_behind(Issuer::start_with(feed), Database::new(), &arguments)
    }

    /// A service on this database.
    pub(crate) fn start_on(database: Database, arguments: &[&str]) -> Self {
        Self::start_behind(Issuer::start(), database, arguments)
    }

    fn start_behind(issuer: Issuer, database: Database, arguments: &[&str]) -> Self {
        let config = config(&database.service_url(), &issuer.jwks_url(), arguments);
        Self {
            server: serve(config, true),
            issuer: Some(issuer),
            database: Some(database),
            http: client(),
        }
    }

    /// A service on a database that this test looks after itself.
    pub(crate) fn start_on_url(database_url: &str) -> Self {
        let issuer = Issuer::start();
        Self {
            server: serve(config(database_url, &issuer.jwks_url(), &[]), true),
            issuer: Some(issuer),
            database: None,
            http: client(),
        }
    }

    /// A service whose issuer has been away since before it started.
    pub(crate) fn start_without_issuer() -> Self {
        let issuer = Issuer::start();
        let jwks_url = issuer.jwks_url();
        drop(issuer);
        let database = Database::new();
        let config = config(&database.service_url(), &jwks_url, &[]);
        Self {
            server: serve(config, false),
            issuer: None,
            database: Some(database),
            http: client(),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.server.address.to_string()
    }

    /// What it keeps.
    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().expect("a database of its own")
    }

    /// Whose tokens it takes.
    pub(crate) fn issuer(&self) -> &Issuer {
        self.issuer.as_ref().expect("a running issuer")
    }

    /// How often the issuer was asked for its keys.
    pub(crate) fn hits(&self) -> usize {
        self.issuer().hits()
    }

    /// Where it serves its figures.
    pub(crate) fn metrics_address(&self) -> SocketAddr {
        self.server.metrics.expect("a metrics listener")
    }

    /// What it says to Prometheus, line by line.
    pub(crate) async fn figures(&self) -> Vec<String> {
        let address = self.metrics_address();
        let request = self.http.get(format!("http://{address}/metrics"));
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        assert_eq!(
            answer.headers()["content-type"],
            "text/plain; version=0.0.4; charset=utf-8"
        );
        let text = answer.text().await.unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Stops the issuer.
    pub(crate) fn stop_issuer(&mut self) {
        self.issuer = None;
    }

    /// Waits until it is ready. Each look waits for the database itself, for up to a second.
    pub(crate) async fn ready(&self) {
        for _ in 0..60 {
            let look = self.anonymous(Method::GET, "/health/ready");
            if look.send().await.status == StatusCode::OK {
                return;
            }
        }
        panic!("the service did not become ready");
    }

    /// A good access token for this person, who may do everything.
    pub(crate) fn token(person: &str) -> String {
        SigningKey::published().sign(&claims_of(person))
    }

    /// A good access token for this person that permits only this.
    pub(crate) fn token_for(person: &str, scope: &str) -> String {
        let mut claims = claims_of(person);
        claims["scope"] = json!(scope);
        SigningKey::published().sign(&claims)
    }

    /// Starts a call that carries no token.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> Call {
        let url = format!("http://{}{path}", self.server.address);
        Call::new(method.clone(), path, self.http.request(method, url))
    }

    /// Starts a call of Ada's, who may do everything.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        self.anonymous(method, path).bearer(&Self::token("ada"))
    }

    /// Gets something of Ada's.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    /// Writes a note of Ada's and returns it.
    pub(crate) async fn create(&self, title: &str, body: &str) -> Value {
        self.create_as("ada", title, body).await
    }

    /// Writes a note of this person's and returns it.
    pub(crate) async fn create_as(&self, person: &str, title: &str, body: &str) -> Value {
        let answer = self
            .anonymous(Method::POST, "/notes")
            .bearer(&Self::token(person))
            .json(&json!({"title": title, "body": body}))
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }

    /// The titles of Ada's notes that the query finds, the newest first.
    pub(crate) async fn titles(&self, query: &str) -> Vec<String> {
        let query = [("query", query), ("limit", "100")];
        let page = self
            .call(Method::GET, "/notes")
            .query(&query)
            .send()
            .await
            .ok();
        assert_eq!(page["next_cursor"], Value::Null);
        titles(&page)
    }
}

/// The titles of a page of notes.
pub(crate) fn titles(page: &Value) -> Vec<String> {
    let notes = page["notes"].as_array().unwrap();
    notes
        .iter()
        .map(|note| note["title"].as_str().unwrap().to_owned())
        .collect()
}

/// The path of a note.
pub(crate) fn path_of(note: &Value) -> String {
    format!("/notes/{}", note["id"].as_str().unwrap())
}

fn config(database_url: &str, jwks_url: &str, arguments: &[&str]) -> Config {
    let mut all = vec![
        "notes-api",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database-url",
        database_url,
        "--database-pool",
        "8",
        "--jwks-url",
        jwks_url,
        "--issuer",
        ISSUER,
    ];
    all.extend(arguments);
    let Command::Serve(settings) = CommandLine::parse_from(all).command else {
        unreachable!("the command is serve");
    };
    settings.check().unwrap()
}

fn serve(config: Config, wait_for_keys: bool) -> ServerThread {
    ServerThread::start(async move || {
        let application = Application::build(config).unwrap();
        if wait_for_keys {
            let keys = &application.state().keys;
            keys.wait_until_ready().await;
            assert!(keys.current().is_some());
        }
        Built {
            address: application.addresses()[0],
            metrics: application.metrics_addresses().first().copied(),
            handle: application.handle(),
            run: application.run(),
        }
    })
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
