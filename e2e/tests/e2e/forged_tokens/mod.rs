//! R11–R18 against all that takes access tokens: both services through the gateway, and other people's
//! programs by way of `examples/verify`. The tests sign with a key of their own that the operator
//! imported, so that a token is refused for what it says, and each control is accepted.

mod attacks;
mod signer;

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_run::temporary::TemporaryDirectory;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Client};
use crate::harness::programs::{example, run_with_input};
use crate::harness::system::{System, start};
use attacks::{Forge, Row};
use signer::Signer;

/// Who takes access tokens: a name for the table, the call, and the audience.
const RECEIVERS: [(&str, &str, &str); 3] = [
    ("notes-api", "/notes", "notes-api"),
    ("auth-server", "/auth/verify", "auth-server"),
    ("auth-server", "/auth/me", "auth-server"),
];

#[tokio::test]
async fn every_forgery_is_refused_by_both_services_and_the_example() {
    let system = start(|settings| {
        settings.auth_servers = 1;
        settings.notes_apis = 1;
    })
    .await;
    let client = system.client();
    let directory = TemporaryDirectory::new("forged-tokens").unwrap();
    // Built before the tokens are made, which live for a quarter of an hour.
    let example = example("verify");
    let signer = trusted_signer(&system, &directory).await;
    let claims = claims_of_a_live_session(&client).await;
    let listener = Listener::start();
    let forge = Forge {
        signer: &signer,
        stranger: Signer::generate(),
        now: claims["iat"].as_i64().unwrap(),
        claims,
        listener: listener.url(),
    };
    accepted_everywhere(&client, &forge).await;

    let rows = forge.rows();
    let codes = verify_by_example(&example, &client, &directory, &rows).await;
    let mut wrong = Vec::new();
    println!(
        "requirement | attack | notes-api /notes | auth-server /auth/verify | /auth/me | example"
    );
    for (row, code) in rows.iter().zip(codes) {
        let mut statuses = Vec::new();
        for (receiver, path, _) in RECEIVERS {
            let answer = client.get(path).bearer(&row.token).send().await;
            if !is_as_expected(&answer, row) {
                wrong.push(format!("{receiver} {path}, {}: {answer:?}", row.name));
            }
            statuses.push(answer.status.to_string());
        }
        if code != row.code {
            wrong.push(format!(
                "example, {}: {code} instead of {}",
                row.name, row.code
            ));
        }
        println!(
            "{} | {} | {} | {code}",
            row.requirement,
            row.name,
            statuses.join(" | ")
        );
    }
    println!("{} rows", rows.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    let requirements: HashSet<&str> = rows.iter().map(|row| row.requirement).collect();
    assert_eq!(requirements.len(), 9, "R11 to R18, and honesty");
    // R12: nobody followed the URLs.
    listener.expect_no_call();

    for line in separated_audiences(&client, &forge).await {
        println!("{line}");
    }
}

/// R17: what is meant for one service is good there and nowhere else.
async fn separated_audiences(client: &Client, forge: &Forge<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (_, _, audience) in RECEIVERS {
        let token = forge.signer.mint(&forge.with("aud", json!([audience])));
        for (receiver, path, own) in RECEIVERS {
            let answer = client.get(path).bearer(&token).send().await;
            let status = answer.status;
            lines.push(format!(
                "R17 | for {audience} alone | {receiver} {path} | {status}"
            ));
            if own == audience {
                answer.assert_status(200);
            } else {
                answer.assert_problem(401, "invalid_token");
            }
        }
    }
    lines
}

/// RFC 6750: 401 with the challenge; 400 for what is not even in the form of a bearer token.
fn is_as_expected(answer: &Answer, row: &Row) -> bool {
    let is_control = row.code == "ok";
    if is_control {
        return answer.status == 200;
    }
    let is_token68 = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let unpadded = row.token.trim_end_matches('=');
    let (status, code) = if unpadded.bytes().all(is_token68) {
        (401, "invalid_token")
    } else {
        (400, "invalid_request")
    };
    let challenge = answer.headers.get("www-authenticate");
    let challenge = challenge
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    answer.status == status
        && answer.code() == code
        && challenge.starts_with("Bearer ")
        && challenge.contains(&format!("error=\"{code}\""))
}

/// A key of the test's own that the stack trusts, because the operator imported it.
async fn trusted_signer(system: &System, directory: &TemporaryDirectory) -> Signer {
    let signer = Signer::generate();
    let path = directory.path().join("key.pem");
    std::fs::write(&path, signer.private_pem()).unwrap();
    system.operate(&["keys", "import", path.to_str().unwrap()]);
    let client = system.client();
    eventually(async || {
        let jwks = client.get("/.well-known/jwks.json").send().await;
        jwks.body.to_string().contains(&signer.kid)
    })
    .await;
    signer
}

async fn claims_of_a_live_session(client: &Client) -> Value {
    let ada = client.register().await;
    let payload = ada.access_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// notes-api asks for the new key when it sees it, but not more often than it may.
async fn accepted_everywhere(client: &Client, forge: &Forge<'_>) {
    for (_, path, _) in RECEIVERS {
        let token = forge.signer.mint(&forge.claims);
        eventually(async || client.get(path).bearer(&token).send().await.status == 200).await;
    }
}

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    for _ in 0..300 {
        pace.tick().await;
        if holds().await {
            return;
        }
    }
    panic!("still not after a minute");
}

/// What `examples/verify` says of each, with the key set that the stack publishes.
async fn verify_by_example(
    example: &Path,
    client: &Client,
    directory: &TemporaryDirectory,
    rows: &[Row],
) -> Vec<String> {
    let jwks = client.get("/.well-known/jwks.json").send().await;
    let path = directory.path().join("jwks.json");
    std::fs::write(&path, jwks.body.to_string()).unwrap();
    let mut verify = Command::new(example);
    verify
        .arg("--jwks")
        .arg(path)
        .args(["--issuer", &client.url, "--audience", "notes-api"]);
    let tokens: Vec<&str> = rows.iter().map(|row| row.token.as_str()).collect();
    let said = run_with_input(&mut verify, &(tokens.join("\n") + "\n"));
    let codes: Vec<String> = said
        .lines()
        .map(|line| match line.strip_prefix("error ") {
            Some(code) => code.to_owned(),
            None => line.split(' ').next().unwrap_or_default().to_owned(),
        })
        .collect();
    assert_eq!(codes.len(), rows.len());
    codes
}

/// Waits to be called by someone who believes a token's URLs.
struct Listener(TcpListener);

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// The control: a call is noticed.
    fn expect_no_call(&self) {
        let calls = self.0.accept().map_err(|error| error.kind());
        assert_eq!(calls.err(), Some(ErrorKind::WouldBlock));
        let _call = TcpStream::connect(self.0.local_addr().unwrap()).unwrap();
        assert!(self.0.accept().is_ok());
    }
}
