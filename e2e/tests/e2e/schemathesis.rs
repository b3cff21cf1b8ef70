//! schemathesis attacks both services by their OpenAPI documents, with all its checks (R56): what a
//! document allows is accepted and answered as it says, what it does not allow is refused, nothing is a
//! 5xx, no call works without its token, and of two people neither sees what is the other's (R25).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::in_full;
use crate::harness::programs::{python_tool, repository};
use crate::harness::system::{System, start};

/// That of the documents' examples, which so succeed.
const PASSWORD: &str = "correct horse battery staple";

const ALL_PHASES: &str = "examples,coverage,fuzzing,stateful";

/// One run.
struct Attack<'a> {
    /// Where its report goes: `target/schemathesis/NAME.txt`.
    name: String,
    /// The origin that is attacked.
    url: &'a str,
    document: &'a str,
    /// Of all paths, those that a regular expression matches, or does not match.
    paths: [&'a str; 2],
    operations: usize,
    phases: &'a str,
    examples: u32,
    seed: u32,
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_in_either_document() {
    let mut system = start(|_| {}).await;
    let gateway = system.stack.url();
    let replica = |port: u16| format!("http://127.0.0.1:{port}");
    let auth_server = replica(system.stack.auth_servers[0].port());
    let notes_api = replica(system.stack.notes_apis[0].port());
    let (seeds, examples) = if in_full() { (1..=3, 100) } else { (1..=1, 8) };
    let people = two_people(&system).await;
    for (name, document, service) in [
        ("auth", "/api-docs/auth/openapi.json", &auth_server),
        ("notes", "/api-docs/notes/openapi.json", &notes_api),
    ] {
        let calls = operations(&system.client(), document).await;
        let beginning = |start| calls.iter().filter(|path| path.starts_with(start)).count();
        let (health, administration) = (beginning("/health/"), beginning("/auth/admin/"));
        for seed in seeds.clone() {
            let cases = run(
                &Attack {
                    name: format!("{name}-{seed}"),
                    url: &gateway,
                    document,
                    paths: ["--exclude-path-regex", "^/(health|auth/admin)/"],
                    operations: calls.len() - health - administration,
                    phases: ALL_PHASES,
                    examples,
                    seed,
                },
                &people,
                &gateway,
            );
            println!("schemathesis, {name}, seed {seed}: {cases}");
        }
        // A service's health is for its operators, and the gateway does not pass it on.
        let cases = run(
            &Attack {
                name: format!("{name}-health"),
                url: service,
                document,
                paths: ["--include-path-regex", "^/health/"],
                operations: health,
                phases: ALL_PHASES,
                examples,
                seed: 1,
            },
            &people,
            &gateway,
        );
        println!("schemathesis, {name}, health: {cases}");
    }
    // Last, since it takes people's accounts away.
    let document = "/api-docs/auth/openapi.json";
    let calls = operations(&system.client(), document).await;
    let administration = calls.iter().filter(|path| path.starts_with("/auth/admin/"));
    let cases = run(
        &Attack {
            name: "auth-administration".to_owned(),
            url: &gateway,
            document,
            paths: ["--include-path-regex", "^/auth/admin/"],
            operations: administration.count(),
            // Not from one call to the next: they would soon have deleted each other.
            phases: "examples,coverage,fuzzing",
            examples,
            seed: 1,
        },
        &two_administrators(&system).await,
        &gateway,
    );
    println!("schemathesis, auth, administration: {cases}");
    system.stack.ensure_running().unwrap();
    system.stack.stop().unwrap();
    let lines = system.access_log();
    assert!(lines.len() > 500, "{} calls", lines.len());
    let failures: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains(" status=5"))
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The path of each operation.
async fn operations(client: &Client, document: &str) -> Vec<String> {
    let answer = client.get(document).send().await;
    let paths = answer.body["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|_| path.clone()))
        .collect()
}

/// Registers Ada and Eve, and says in a file how to log in as each.
async fn two_people(system: &System) -> PathBuf {
    let mut people = Vec::new();
    for name in ["ada", "eve"] {
        // By the address, which is not changed by anything.
        let email = register(system, &format!("{name}-of-schemathesis")).await;
        let login = json!({"email": email, "password": PASSWORD, "delivery": "body"});
        people.push((name, login));
    }
    write_logins(system, "people.json", &people)
}

/// The same for two who administer: each may do to the other what nobody does to themselves.
async fn two_administrators(system: &System) -> PathBuf {
    let mut people = Vec::new();
    for name in ["ada", "eve"] {
        let username = format!("{name}-who-administers");
        let email = register(system, &username).await;
        system.operate(&["users", "grant-administrator", &username]);
        let login = json!({
            "email": email, "password": PASSWORD, "scope": "auth:admin", "delivery": "body",
        });
        people.push((name, login));
    }
    write_logins(system, "administrators.json", &people)
}

/// Registers someone, and returns their address.
async fn register(system: &System, username: &str) -> String {
    let email = format!("{}@example.org", username.replace('-', "."));
    let registration = json!({"username": username, "email": email, "password": PASSWORD});
    let registered = system
        .client()
        .post("/auth/register")
        .json(&registration)
        .send();
    registered.await.assert_status(201);
    email
}

/// Says in a file how to log in as each (Web Fuzzing Commons).
fn write_logins(system: &System, file: &str, people: &[(&str, Value)]) -> PathBuf {
    let client = system.client();
    let people: Vec<Value> = people
        .iter()
        .map(|(name, login)| {
            json!({
                "name": name,
                "loginEndpointAuth": {
                    "externalEndpointURL": format!("{}/auth/login", client.url),
                    "verb": "POST",
                    "contentType": "application/json",
                    "payloadRaw": login.to_string(),
                    "token": {
                        "extractFrom": "body",
                        "extractSelector": "/access_token",
                        "sendIn": "header",
                        "sendName": "Authorization",
                        "sendTemplate": "Bearer {token}",
                    },
                },
            })
        })
        .collect();
    let file = system.settings.directory.join(file);
    fs::write(&file, json!({ "auth": people }).to_string()).unwrap();
    file
}

/// Runs it to its end, and gives back how many calls it made. It must find nothing.
#[track_caller]
fn run(attack: &Attack<'_>, people: &Path, gateway: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../schemathesis");
    fs::create_dir_all(&directory).unwrap();
    let ours = repository().canonicalize().unwrap().join("e2e/python");
    let output = command(attack)
        .env("LATCHKEY_URL", gateway)
        .env("LATCHKEY_PEOPLE", people)
        .env("PYTHONPATH", &ours)
        .env("PYTHONDONTWRITEBYTECODE", "yes")
        .current_dir(&directory)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    fs::write(directory.join(format!("{}.txt", attack.name)), &*report).unwrap();
    assert!(
        output.status.success(),
        "{}:\n{report}\n{complaints}",
        attack.name
    );
    let line = |wanted: &str| {
        let mut lines = report.lines().map(str::trim);
        let found = lines.find(|line| line.contains(wanted));
        found.unwrap_or_else(|| panic!("{wanted} is not in\n{report}"))
    };
    assert_eq!(
        line("Tested: "),
        format!("Tested: {}", attack.operations),
        "{}",
        attack.name
    );
    let cases = line(" generated, ");
    assert!(cases.contains(" passed"), "{cases}");
    cases.to_owned()
}

fn command(attack: &Attack<'_>) -> Command {
    let ours = repository().canonicalize().unwrap().join("e2e/python");
    let mut command = python_tool("schemathesis");
    command
        .arg("--config-file")
        .arg(ours.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}{}", attack.url, attack.document))
        .args(["--url", attack.url])
        .args(["--checks", "all", "--mode", "all", "--continue-on-failure"])
        .args(["--phases", attack.phases])
        .args(["--max-examples", &attack.examples.to_string()])
        .args(["--seed", &attack.seed.to_string()])
        .args(["--generation-database", "none", "--no-color"])
        .args(attack.paths);
    command
}
