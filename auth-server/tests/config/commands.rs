//! `healthcheck`, and how `serve` ends.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use local_run::{port, wait};

use crate::{MASTER_KEY, Running, run, start};

/// A server whose database is away, and where it listens.
fn live_server() -> (Running, String) {
    let listen = format!("127.0.0.1:{}", port::free().unwrap());
    let server = start(
        &["serve"],
        &[
            ("AUTH_LISTEN", &listen),
            (
                "AUTH_DATABASE_URL",
                "postgres://user:password@127.0.0.1:1/none",
            ),
            ("AUTH_MASTER_KEYS", MASTER_KEY),
        ],
    );
    wait::until("an answer", Duration::from_secs(20), || {
        Ok(is_healthy(&listen).then_some(()))
    })
    .unwrap();
    (server, listen)
}

fn is_healthy(listen: &str) -> bool {
    run(&["healthcheck"], &[("AUTH_LISTEN", listen)]).success
}

#[test]
fn a_live_server_is_healthy_even_without_its_database() {
    let (server, listen) = live_server();
    let (_, number) = listen.rsplit_once(':').unwrap();
    assert!(
        is_healthy(&format!("0.0.0.0:{number}")),
        "asked by way of loopback"
    );
    drop(server);
    assert!(!is_healthy(&listen));
}

#[test]
fn what_does_not_answer_200_is_not_healthy() {
    for answer in [
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\u{0}\u{1}",
        "",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.read(&mut [0; 1024]);
            client.write_all(answer.as_bytes()).unwrap();
        });
        let outcome = run(&["healthcheck"], &[("AUTH_LISTEN", &listen)]);
        server.join().unwrap();
        assert!(!outcome.success, "{answer:?}");
        assert!(!outcome.stderr.is_empty());
    }
}

#[test]
fn a_server_that_hangs_is_not_healthy() {
    // It accepts, by its backlog, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = listener.local_addr().unwrap().to_string();
    let started = Instant::now();
    assert!(!is_healthy(&listen));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_told_to_stop_ends_well() {
    for signal in ["TERM", "INT"] {
        let (server, _) = live_server();
        let id = server.0.id().to_string();
        let told = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {id}")])
            .status();
        assert!(told.unwrap().success());
        let outcome = server.finish();
        assert!(outcome.success, "{signal}: {}", outcome.stderr);
        assert!(
            outcome.stderr.contains("listening on http://127.0.0.1:"),
            "{}",
            outcome.stderr
        );
        assert!(
            outcome.stderr.contains("the database is away"),
            "{}",
            outcome.stderr
        );
        assert!(!outcome.stderr.contains("password@"), "{}", outcome.stderr);
    }
}
