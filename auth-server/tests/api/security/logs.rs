//! The log of the real binary, at its most talkative.

use std::{fs, sync::Arc};

use local_run::{
    account::Account,
    port,
    process::{Process, Program, StopSignal},
    temporary::TemporaryDirectory,
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Database, MASTER_KEY, eventually};

const CANARY_PASSWORD: &str = "canary-password correct horse battery";
const CANARY_NEW_PASSWORD: &str = "canary-new-password quieter horse";
const CANARY_WRONG_PASSWORD: &str = "canary-wrong-password";

/// The binary, and where it logs to.
struct Binary {
    url: String,
    directory: TemporaryDirectory,
    process: Process,
    http: Client,
}

impl Binary {
    async fn start(database: &Database) -> Self {
        let directory = TemporaryDirectory::new("auth-server").unwrap();
        let listen = format!("127.0.0.1:{}", port::free().unwrap());
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let program = Program {
            name: "auth-server".to_owned(),
            path: env!("CARGO_BIN_EXE_auth-server").into(),
            arguments: vec!["serve".into()],
            environment: vec![
                setting("AUTH_LISTEN", &listen),
                setting("AUTH_DATABASE_URL", &database.service_url()),
                setting("AUTH_MASTER_KEYS", MASTER_KEY),
                setting("AUTH_BCRYPT_COST", "10"),
                setting("AUTH_ACCESS_COOKIE", "true"),
                setting("RUST_LOG", "trace"),
            ],
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

    async fn call(
        &self,
        method: Method,
        path: &str,
        bearer: Option<&Value>,
        body: &Value,
    ) -> Value {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("x-request-id", "the-request-id")
            .json(body);
        if let Some(tokens) = bearer {
            request = request.bearer_auth(tokens["access_token"].as_str().unwrap());
        }
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// Stops it, and returns what it logged.
    fn log(mut self) -> String {
        let status = self
            .process
            .stop(std::time::Duration::from_secs(30))
            .unwrap();
        assert!(status.success());
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }
}

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

#[actix_web::test]
async fn each_request_is_one_line_that_no_client_can_break() {
    let database = Arc::new(Database::new());
    let binary = Binary::start(&database).await;
    let paths = [
        "/nothing%0aERROR%20forged",
        "/%1b%5b2J",
        "/auth/verify?token=canary",
    ];
    for path in paths {
        binary.call(Method::GET, path, None, &Value::Null).await;
    }
    let log = binary.log();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("id=the-request-id"))
        .collect();
    assert_eq!(lines.len(), paths.len(), "{lines:?}");
    for (line, path) in lines
        .iter()
        .zip(["/nothing%0aERROR%20forged", "/%1b%5b2J", "/auth/verify"])
    {
        assert!(
            line.contains("method=GET") && line.contains(&format!("path={path} ")),
            "{line}"
        );
        assert!(line.contains("status=4"), "{line}");
    }
    assert!(!log.contains("canary"));
    assert!(!log.lines().any(|line| line.starts_with("ERROR forged")));
    assert!(!log.contains("\u{1b}[2J"));
}
