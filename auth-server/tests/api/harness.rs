//! A server of its own for each test, and a client that knows what the OpenAPI document allows.

use std::{fs, path::Path};

use auth_server::{
    app::{Application, MIGRATIONS},
    config::{Command, CommandLine},
};
use clap::Parser;
use diesel::{Connection, PgConnection};
use local_run::postgres::{Service, TestDatabase};
use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use service_runtime::{migrations, settings::DatabaseUrl};
use utoipa::OpenApi;

/// The master key of all tests.
pub(crate) const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// The public origin of all tests.
pub(crate) const ISSUER: &str = "http://localhost:8080";
/// A password that is accepted.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A migrated database of the auth server, for one test.
pub(crate) fn database() -> TestDatabase {
    let migrate = |owner_url: &str| {
        migrations::migrate(&DatabaseUrl::from(owner_url.to_owned()), MIGRATIONS)?;
        Ok(())
    };
    TestDatabase::new(Service::Auth, &fingerprint(), migrate).unwrap()
}

fn fingerprint() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/auth-server");
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("up.sql"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

/// A running auth server.
pub(crate) struct TestServer {
    /// Where it listens.
    pub(crate) url: String,
    /// What it keeps.
    pub(crate) database: std::sync::Arc<TestDatabase>,
    /// Calls it; keeps no cookies.
    pub(crate) http: reqwest::Client,
}

impl TestServer {
    /// A server with the default settings, but a quick password hash.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with further command line arguments.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        Self::start_on(std::sync::Arc::new(database()), arguments).await
    }

    /// A server on a database that there is already: a replica, or one started again.
    pub(crate) async fn start_on(
        database: std::sync::Arc<TestDatabase>,
        arguments: &[&str],
    ) -> Self {
        let url = database.service_url();
        let fixed = [
            "auth-server",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database-url",
            &url,
            "--master-keys",
            MASTER_KEY,
            "--issuer",
            ISSUER,
        ];
        let mut all = fixed.to_vec();
        if !arguments.contains(&"--bcrypt-cost") {
            all.extend(["--bcrypt-cost", "10"]);
        }
        all.extend(arguments);
        let Command::Serve(settings) = CommandLine::parse_from(all).command else {
            unreachable!("the command is serve");
        };
        let application = Application::build(settings.check().unwrap()).unwrap();
        let url = format!("http://{}", application.addresses()[0]);
        actix_web::rt::spawn(application.run());
        let server = Self {
            url,
            database,
            http: reqwest::Client::new(),
        };
        server.wait_until_ready().await;
        server
    }

    async fn wait_until_ready(&self) {
        let ready = async {
            loop {
                let answer = self
                    .http
                    .get(format!("{}/health/ready", self.url))
                    .send()
                    .await;
                if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), ready)
            .await
            .unwrap();
    }

    /// A connection to the database, as a superuser.
    pub(crate) fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.database.superuser_url()).unwrap()
    }

    /// Starts a call.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'_> {
        let request = self
            .http
            .request(method.clone(), format!("{}{path}", self.url));
        Call {
            method,
            path: path.to_owned(),
            request,
            server: std::marker::PhantomData,
        }
    }

    /// Registers someone, with tokens in the body.
    pub(crate) async fn register(&self, username: &str) -> Value {
        let answer = self
            .call(Method::POST, "/auth/register")
            .json(&json!({
                "username": username,
                "email": format!("{username}@example.org"),
                "password": PASSWORD,
                "delivery": "body",
            }))
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }

    /// Logs someone in, with tokens in the body.
    pub(crate) async fn log_in(&self, identifier: &str) -> Value {
        let answer = self
            .call(Method::POST, "/auth/login")
            .json(&json!({"identifier": identifier, "password": PASSWORD, "delivery": "body"}))
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    /// Refreshes with a token in the body.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.call(Method::POST, "/auth/refresh")
            .json(&json!({ "refresh_token": refresh_token }))
            .send()
            .await
    }
}

/// A call in the making.
pub(crate) struct Call<'a> {
    method: Method,
    path: String,
    request: reqwest::RequestBuilder,
    server: std::marker::PhantomData<&'a TestServer>,
}

impl Call<'_> {
    /// With a JSON body.
    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// With a body as it stands.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body);
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With an access token.
    pub(crate) fn bearer(self, access_token: &Value) -> Self {
        let token = access_token.as_str().unwrap();
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With the refresh cookie, from a page of ours.
    pub(crate) fn refresh_cookie(self, value: &str) -> Self {
        self.header("cookie", &format!("__Host-refresh_token={value}"))
            .header("sec-fetch-site", "same-origin")
    }

    /// Sends it, and checks that the document knows of the answer.
    pub(crate) async fn send(self) -> Answer {
        let response = self.request.send().await.unwrap();
        assert_documented(&self.method, &self.path, response.status());
        Answer::read(response).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its JSON; null for an empty body, a string for any other text.
    pub(crate) body: Value,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = match text.as_str() {
            "" => Value::Null,
            _ => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        Self {
            status,
            headers,
            body,
        }
    }

    /// Asserts that this is a problem of that status and code.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["code"], code, "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert!(self.body["title"].is_string() && self.body["detail"].is_string());
    }

    /// A string member of the body.
    #[track_caller]
    pub(crate) fn text(&self, member: &str) -> &str {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member} in {}", self.body))
    }

    /// A header's text.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name}"))
            .to_str()
            .unwrap()
    }
}

/// Every status a call can answer is in the OpenAPI document: 404 and 405 of the router aside, which
/// answer for what is not in it.
fn assert_documented(method: &Method, path: &str, status: StatusCode) {
    let document = serde_json::to_value(auth_server::http::ApiDoc::openapi()).unwrap();
    let path = path.split('?').next().unwrap();
    let template = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .find(|template| {
            let (left, right) = (template.split('/'), path.split('/'));
            left.clone().count() == right.clone().count()
                && left
                    .zip(right)
                    .all(|(left, right)| left.starts_with('{') || left == right)
        });
    let Some(template) = template else { return };
    let operation = &document["paths"][template][method.as_str().to_lowercase()];
    if operation.is_null() {
        return;
    }
    assert!(
        !operation["responses"][status.as_str()].is_null(),
        "{method} {path} answered {status}, which the document does not mention"
    );
}
