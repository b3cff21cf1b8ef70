//! The whole of Latchkey starts, loses parts, gets them back, and keeps its data.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

use local_run::binaries::Binaries;
use local_run::port;
use local_run::stack::{Stack, StackSettings};
use local_run::temporary::TemporaryDirectory;

const JSON: &str = "Content-Type: application/json\r\n";
const ADA: &str = r#"{"username": "ada", "email": "ada@example.org", "password": "a lantern in the 7th harbour"}"#;
const ADA_AGAIN: &str = r#"{"username": "ada", "password": "a lantern in the 7th harbour"}"#;

/// The status that a request to `http://localhost:port` is answered with.
fn status(url: &str, method: &str, path: &str, headers: &str, body: &str) -> u16 {
    let mut connection = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = body.len();
    write!(
        connection,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn keys_are_served(stack: &Stack) -> bool {
    status(&stack.url(), "GET", "/.well-known/jwks.json", "", "") == 200
}

#[test]
fn parts_can_be_lost_and_come_back_on_their_ports() {
    let directory = TemporaryDirectory::new("stack").unwrap();
    let mut settings = StackSettings::for_tests(directory.path()).unwrap();
    settings.auth_servers = 2;
    let mut stack = Stack::start(&settings).unwrap();
    let url = stack.url();

    stack.auth_servers[0].kill();
    assert!(stack.ensure_running().is_err());
    assert!(keys_are_served(&stack), "the other replica serves");
    stack.auth_servers[0].start().unwrap();
    stack.auth_servers[1].stop().unwrap();
    assert!(keys_are_served(&stack), "the first is back");
    stack.auth_servers[1].start().unwrap();

    stack.gateway.kill();
    stack.gateway.start().unwrap();
    assert_eq!(stack.url(), url);

    assert_eq!(status(&url, "POST", "/auth/register", JSON, ADA), 201);
    stack.postgres.kill();
    assert_eq!(status(&url, "POST", "/auth/login", JSON, ADA_AGAIN), 503);
    stack.postgres.restart().unwrap();
    for replica in &mut stack.auth_servers {
        replica.wait_until_ready().unwrap();
    }
    assert_eq!(status(&url, "POST", "/auth/login", JSON, ADA_AGAIN), 200);
    stack.ensure_running().unwrap();
    stack.stop().unwrap();
}

fn local_run(directory: &Path, command: &str, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_local-run"))
        .arg(command)
        .arg("--directory")
        .arg(directory)
        .args(options)
        .output()
        .unwrap()
}

#[test]
fn a_run_in_the_background_keeps_its_data() {
    Binaries::for_tests().unwrap();
    let directory = TemporaryDirectory::new("background").unwrap();
    let directory = directory.path();
    let port = format!("--port={}", port::free().unwrap());
    let url = format!("http://localhost:{}", &port["--port=".len()..]);

    let web = directory.join("web");
    std::fs::create_dir_all(web.join("app")).unwrap();
    std::fs::write(web.join("index.html"), "a page").unwrap();
    let site = format!("--site={}", web.display());
    let started = local_run(directory, "start", &[&port, &site, "--live-site"]);
    assert!(started.status.success(), "{started:?}");
    assert_eq!(
        std::fs::read_to_string(directory.join("url")).unwrap(),
        format!("{url}\n")
    );
    let welcome = String::from_utf8_lossy(&started.stdout);
    assert!(welcome.contains(&format!("Open it in a browser: {url}\n")));
    assert!(welcome.contains(&format!("curl -s {url}/auth/register")));
    let metrics = std::fs::read_to_string(directory.join("metrics")).unwrap();
    assert_eq!(metrics.lines().count(), 2);
    let configuration = std::fs::read_to_string(directory.join("prometheus.yml")).unwrap();
    let state = local_run(directory, "status", &[]);
    let state = String::from_utf8_lossy(&state.stdout);
    for figures in metrics.lines() {
        assert!(welcome.contains(figures) && state.contains(figures));
        let address = figures.strip_suffix("/metrics").unwrap();
        let target = address.strip_prefix("http://").unwrap();
        assert!(configuration.contains(target), "{configuration}");
        assert_eq!(status(address, "GET", "/metrics", "", ""), 200);
        assert_eq!(status(&url, "GET", "/metrics", "", ""), 404);
    }
    assert_eq!(status(&url, "GET", "/", "", ""), 200);
    let script = "/site/live/app/main.js";
    assert_eq!(status(&url, "GET", script, "", ""), 404);
    std::fs::write(web.join("app/main.js"), "").unwrap();
    assert_eq!(status(&url, "GET", script, "", ""), 200);
    assert_eq!(status(&url, "POST", "/auth/register", JSON, ADA), 201);

    for command in ["start", "up"] {
        let second = local_run(directory, command, &[]);
        assert_eq!(second.status.code(), Some(1), "{command}");
        assert!(String::from_utf8_lossy(&second.stderr).contains(&format!("is running at {url}")));
    }
    assert!(local_run(directory, "stop", &[]).status.success());
    assert!(!directory.join("url").exists());
    assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err());
    assert_eq!(local_run(directory, "status", &[]).status.code(), Some(3));

    assert!(local_run(directory, "start", &[&port]).status.success());
    assert_eq!(status(&url, "POST", "/auth/login", JSON, ADA_AGAIN), 200);
    assert!(local_run(directory, "stop", &[]).status.success());
}

/// As on a directory that was restored from a backup. The services' roles are not looked after before.
#[test]
fn a_start_waits_until_postgres_has_recovered() {
    let directory = TemporaryDirectory::new("stack").unwrap();
    let settings = StackSettings::for_tests(directory.path()).unwrap();
    let mut stack = Stack::start(&settings).unwrap();
    let data = stack.postgres.data_directory().to_owned();
    stack.stop().unwrap();
    let mut configuration = File::options()
        .append(true)
        .open(data.join("postgresql.auto.conf"))
        .unwrap();
    writeln!(configuration, "restore_command = 'sleep 1; false'").unwrap();
    fs::copy(data.join("PG_VERSION"), data.join("recovery.signal")).unwrap();
    let stack = Stack::start(&settings).unwrap();
    assert!(keys_are_served(&stack));
}

/// People get the gateway's limit; who switches the auth server's off to load it gets neither.
#[test]
fn the_gateway_limits_a_client_unless_that_is_switched_off() {
    for (throttle, expected) in [("on", true), ("off", false)] {
        let directory = TemporaryDirectory::new("stack").unwrap();
        let mut settings = StackSettings::for_tests(directory.path()).unwrap();
        settings.rate_limit = true;
        settings.set_auth("AUTH_THROTTLE", throttle);
        let stack = Stack::start(&settings).unwrap();
        let url = stack.url();
        // No JSON, and so no password to hash.
        let mut statuses = (0..300).map(|_| status(&url, "POST", "/auth/login", "", "x"));
        assert_eq!(statuses.any(|status| status == 429), expected, "{throttle}");
    }
}
