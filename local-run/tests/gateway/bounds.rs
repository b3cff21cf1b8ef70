//! What a client may take, and what is no HTTP request (R54).

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use local_run::wait;

use super::harness::{Behaviour, Gateway, Upstream};

#[test]
fn a_body_passes_up_to_what_its_service_takes() {
    let (gateway, auth, notes) = Gateway::with_one_each();
    for (path, kibibytes) in [("/auth/login", 32), ("/notes", 512)] {
        assert_eq!(gateway.post(path, kibibytes << 10).body(), "ok", "{path}");
        let refused = gateway.post(path, (kibibytes << 10) + 1);
        refused.assert_problem(413, "payload_too_large");
        let limit = format!("longer than {} bytes", kibibytes << 10);
        assert!(refused.body().contains(&limit), "{refused:?}");
        // Without a length to refuse at once.
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        let mut chunked = head.into_bytes();
        for _ in 0..=kibibytes / 32 {
            chunked.extend(format!("8000\r\n{}\r\n", "x".repeat(0x8000)).into_bytes());
        }
        gateway
            .send(&chunked)
            .assert_problem(413, "payload_too_large");
    }
    assert_eq!((auth.heads().len(), notes.heads().len()), (1, 1));
}

#[test]
fn headers_and_addresses_are_bounded() {
    let (gateway, auth, _) = Gateway::with_one_each();
    let long = "x".repeat(17 * 1024);
    gateway
        .request("GET", "/auth/me", &format!("X-Long: {long}\r\n"))
        .assert_problem(431, "headers_too_large");
    gateway
        .request("GET", &format!("/auth/{long}"), "")
        .assert_problem(414, "uri_too_long");
    assert!(auth.heads().is_empty());
}

#[test]
fn a_slow_client_is_let_go_and_no_service_hears_of_it() {
    let (gateway, auth, _) = Gateway::with_one_each();
    let (mut slow_head, mut slow_body) = (gateway.connect(), gateway.connect());
    slow_head
        .write_all(b"GET /auth/me HTTP/1.1\r\nHost: a\r\n")
        .unwrap();
    slow_body
        .write_all(b"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
        .unwrap();
    // Others are served meanwhile.
    assert_eq!(gateway.request("GET", "/auth/me", "").status(), 200);
    let since = Instant::now();
    for mut connection in [slow_head, slow_body] {
        // The end, or a reset.
        assert_eq!(connection.read(&mut [0; 1]).unwrap_or(0), 0);
    }
    assert!(
        since.elapsed() < Duration::from_secs(20),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(auth.heads().len(), 1);
}

/// The kernel would take a megabyte or four of an answer for each connection, and nginx would not know
/// that nobody reads it.
#[test]
fn a_client_that_does_not_read_is_let_go() {
    let long = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}",
        2 << 20,
        "x".repeat(2 << 20)
    );
    let service = Upstream::start(Behaviour::Answers(long.leak()));
    let gateway = Gateway::start(&[service.port], &[service.port], false);
    let mut idle = gateway.connect();
    idle.write_all(b"GET /notes HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let reset = wait::until("letting it go", Duration::from_secs(20), || {
        Ok(idle.take_error()?)
    });
    assert_eq!(reset.unwrap().kind(), ErrorKind::ConnectionReset);
    // Who reads gets all of it.
    assert_eq!(gateway.request("GET", "/notes", "").body().len(), 2 << 20);
}
