//! A running auth server.

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use actix_web::{dev::ServerHandle, rt::System};
use auth_server::{
    app::Application,
    config::{Command, CommandLine, Config},
};
use clap::Parser;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    Answer, Call, Database, ISSUER, MASTER_KEY, OTHER_PASSWORD, PASSWORD, Proxy, eventually,
};

/// A running auth server in this process.
pub(crate) struct TestServer {
    pub(crate) url: String,
    http: reqwest::Client,
    running: Running,
    /// What it keeps. Dropped after the server, whose pool would else not give up connecting.
    pub(crate) database: Arc<Database>,
}

impl TestServer {
    /// A server with the default settings, but a quick password hash and no throttle.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with further command line arguments.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        Self::start_on(&Arc::new(Database::new()), arguments).await
    }

    /// A server on a database that there is already: a replica, or one started again.
    pub(crate) async fn start_on(database: &Arc<Database>, arguments: &[&str]) -> Self {
        let server = Self::start_unready(database, arguments);
        server.ready().await;
        server
    }

    /// A server whose statements a proxy sees, and can lose.
    pub(crate) async fn start_watched() -> (Self, Proxy) {
        let database = Arc::new(Database::new());
        let (proxy, url) = database.proxied();
        let server = Self::start_on(&database, &["--database-url", &url]).await;
        (server, proxy)
    }

    /// A server that may never become ready. The arguments win over what is usual in tests.
    pub(crate) fn start_unready(database: &Arc<Database>, arguments: &[&str]) -> Self {
        let url = database.service_url();
        let usual = [
            ("--listen", "127.0.0.1:0"),
            ("--database-url", url.as_str()),
            ("--master-keys", MASTER_KEY),
            ("--issuer", ISSUER),
            ("--bcrypt-cost", "10"),
            ("--throttle", "off"),
        ];
        let mut all = vec!["auth-server", "serve"];
        for (name, value) in usual {
            if !arguments.contains(&name) {
                all.extend([name, value]);
            }
        }
        all.extend(arguments);
        let Command::Serve(settings) = CommandLine::parse_from(all).command else {
            unreachable!("the command is serve");
        };
        let (running, url) = Running::start(settings.check().unwrap());
        Self {
            url,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            running,
            database: Arc::clone(database),
        }
    }

    /// Where it serves its figures, if it does.
    pub(crate) fn metrics_address(&self) -> Option<SocketAddr> {
        self.running.metrics
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&self) {
        eventually("ready", async || {
            self.get("/health/ready").await.status == StatusCode::OK
        })
        .await;
    }

    /// Stops it as SIGTERM does, and waits for its end.
    pub(crate) async fn stop(self) {
        self.running.handle.stop(true).await;
    }

    /// Starts a call.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let request = self
            .http
            .request(method.clone(), format!("{}{path}", self.url));
        Call::new(method, path, request)
    }

    /// Gets something.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    /// Posts JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path).json(body).send().await
    }

    /// Registers someone, with tokens in the body.
    pub(crate) async fn register(&self, username: &str) -> Value {
        let answer = self.post("/auth/register", &registration(username)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }

    /// Registers someone, with the refresh token in the cookie, and returns its value.
    pub(crate) async fn register_with_cookie(&self, username: &str) -> String {
        let mut body = registration(username);
        body["delivery"] = json!("cookie");
        let answer = self.post("/auth/register", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.refresh_cookie().value
    }

    /// Logs someone in, with tokens in the body.
    pub(crate) async fn log_in(&self, identifier: &str) -> Value {
        let answer = self.try_log_in(identifier, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    /// Tries to log in.
    pub(crate) async fn try_log_in(&self, identifier: &str, password: &str) -> Answer {
        let body = json!({"identifier": identifier, "password": password, "delivery": "body"});
        self.post("/auth/login", &body).await
    }

    /// Refreshes with the refresh token of an earlier answer.
    pub(crate) async fn refresh(&self, tokens: &Value) -> Answer {
        self.refresh_by(tokens["refresh_token"].as_str().unwrap())
            .await
    }

    /// Refreshes with a token in the body.
    pub(crate) async fn refresh_by(&self, refresh_token: &str) -> Answer {
        self.post("/auth/refresh", &json!({ "refresh_token": refresh_token }))
            .await
    }

    /// Refreshes with the cookie, from a page of ours.
    pub(crate) async fn refresh_by_cookie(&self, value: &str) -> Answer {
        self.call(Method::POST, "/auth/refresh")
            .refresh_cookie(value)
            .send()
            .await
    }

    /// Shows the profile of whoever got these tokens.
    pub(crate) async fn me(&self, tokens: &Value) -> Answer {
        self.call(Method::GET, "/auth/me")
            .bearer(tokens)
            .send()
            .await
    }

    /// Deletes the account of whoever got these tokens.
    pub(crate) async fn delete_account(&self, tokens: &Value, password: &str) -> Answer {
        self.call(Method::DELETE, "/auth/me")
            .bearer(tokens)
            .json(&json!({ "password": password }))
            .send()
            .await
    }

    /// Changes the password from [`PASSWORD`] to [`OTHER_PASSWORD`].
    pub(crate) async fn change_password(&self, tokens: &Value) -> Answer {
        self.call(Method::POST, "/auth/password")
            .bearer(tokens)
            .json(&json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD}))
            .send()
            .await
    }
}

/// A server on a thread of its own. Dropped, it is stopped.
struct Running {
    handle: ServerHandle,
    metrics: Option<SocketAddr>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(config: Config) -> (Self, String) {
        let (bound, binding) = mpsc::channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async {
                let application = Application::build(config).unwrap();
                let url = format!("http://{}", application.addresses()[0]);
                let metrics = application.metrics_addresses().first().copied();
                bound.send((application.handle(), url, metrics)).unwrap();
                application.run().await.unwrap();
            });
        });
        let (handle, url, metrics) = binding.recv().unwrap();
        let thread = Some(thread);
        let running = Self {
            handle,
            metrics,
            thread,
        };
        (running, url)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The order is given at once; the answer, the end of the thread, is waited for below.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let outcome = thread.join();
            assert!(
                outcome.is_ok() || thread::panicking(),
                "the server panicked"
            );
        }
    }
}

/// What someone of that name registers with, with tokens in the body.
pub(crate) fn registration(username: &str) -> Value {
    json!({
        "username": username,
        "email": format!("{username}@example.org"),
        "password": PASSWORD,
        "delivery": "body",
    })
}
