//! The binary as it runs in production, for tests of its log.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use local_run::{
    account::Account,
    port,
    process::{Process, Program, StopSignal},
    temporary::TemporaryDirectory,
};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::{Database, MASTER_KEY, eventually};

/// The binary, and where it logs to.
pub(crate) struct Binary {
    url: String,
    directory: TemporaryDirectory,
    process: Process,
    http: Client,
}

impl Binary {
    /// Starts it at its most talkative, and waits until it is ready.
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(database: &Database, settings: &[(&str, &str)]) -> Self {
        let directory = TemporaryDirectory::new("auth-server").unwrap();
        let listen = format!("127.0.0.1:{}", port::free().unwrap());
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut environment = vec![
            setting("AUTH_LISTEN", &listen),
            setting("AUTH_DATABASE_URL", &database.service_url()),
            setting("AUTH_MASTER_KEYS", MASTER_KEY),
            setting("AUTH_BCRYPT_COST", "10"),
            setting("AUTH_ACCESS_COOKIE", "true"),
            setting("RUST_LOG", "trace"),
        ];
        environment.extend(settings.iter().map(|(name, value)| setting(name, value)));
        let program = Program {
            name: "auth-server".to_owned(),
            path: env!("CARGO_BIN_EXE_auth-server").into(),
            arguments: vec!["serve".into()],
            environment,
            account: Account::own(),
            log: directory.path().join("log"),
            stop_signal: StopSignal::Terminate,
        };
        let process = program.start().unwrap();
        let binary = Self {
            url: format!("http://{listen}"),
            directory,
            process,
            http: Client::builder().no_proxy().build().unwrap(),
        };
        let ready = format!("{}/health/ready", binary.url);
        eventually("ready", async || {
            let answer = binary.http.get(&ready).send().await;
            answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
        })
        .await;
        binary
    }

    /// Calls it with a request id of our own, and returns the body of the answer.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        bearer: Option<&Value>,
        body: &Value,
    ) -> Value {
        let mut request = self.request(method, path).json(body);
        if let Some(tokens) = bearer {
            request = request.bearer_auth(tokens["access_token"].as_str().unwrap());
        }
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// A call in the making, with a request id of our own.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .header("x-request-id", "the-request-id")
    }

    /// Sends these bytes, and returns all that comes back.
    pub(crate) fn send(&self, bytes: &[u8]) -> String {
        let address = self.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(bytes).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Stops it, and returns what it logged.
    pub(crate) fn log(mut self) -> String {
        let status = self
            .process
            .stop(std::time::Duration::from_secs(30))
            .unwrap();
        assert!(status.success());
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }
}
