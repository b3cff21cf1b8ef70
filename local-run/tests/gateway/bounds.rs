//! What a client may take, and what is no HTTP request (R54).

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::harness::Gateway;

#[test]
fn a_body_of_512_kib_passes_and_a_longer_one_does_not() {
    let (gateway, auth, _) = Gateway::with_one_each();
    assert_eq!(gateway.post("/auth/login", 512 * 1024).body(), "ok");
    gateway
        .post("/auth/login", 512 * 1024 + 1)
        .assert_problem(413, "payload_too_large");
    // Without a length to refuse at once.
    let mut chunked =
        b"POST /auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..9 {
        chunked.extend(format!("10000\r\n{}\r\n", "x".repeat(0x10000)).into_bytes());
    }
    gateway
        .send(&chunked)
        .assert_problem(413, "payload_too_large");
    assert_eq!(auth.heads().len(), 1);
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
fn a_request_that_two_servers_could_read_differently_is_refused() {
    let (gateway, auth, _) = Gateway::with_one_each();
    for (what, head, body) in [
        (
            "length and chunks",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n",
        ),
        (
            "chunks and length",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "0\r\n\r\n",
        ),
        (
            "two lengths",
            "Content-Length: 1\r\nContent-Length: 2",
            "xx",
        ),
        (
            "the same length twice",
            "Content-Length: 1\r\nContent-Length: 1",
            "x",
        ),
        (
            "two encodings",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n",
        ),
        ("a signed length", "Content-Length: +1", "x"),
        ("a list of lengths", "Content-Length: 1, 1", "x"),
        ("a space before the colon", "Content-Length : 1", "x"),
        ("a bad chunk", "Transfer-Encoding: chunked", "z\r\n\r\n"),
        ("two hosts", "Host: b", ""),
    ] {
        let request = format!("POST /auth/login HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{body}");
        let answer = gateway.send(request.as_bytes());
        assert_eq!(
            answer.0.matches("HTTP/1.1 ").count(),
            1,
            "{what}: {answer:?}"
        );
        answer.assert_problem(400, "malformed_request");
    }
    gateway
        .send(
            b"POST /auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        )
        .assert_problem(501, "not_implemented");
    gateway
        .send(b"GET /auth/me HTTP/1.1\r\n\r\n")
        .assert_problem(400, "malformed_request");
    gateway
        .send(b"rubbish\r\n\r\n")
        .assert_problem(400, "malformed_request");
    assert!(auth.heads().is_empty(), "{:?}", auth.heads());
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
