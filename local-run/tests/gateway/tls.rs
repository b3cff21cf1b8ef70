//! TLS at the gateway itself: who gets in, and what is left for plain http.

use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};

use local_run::wait;

use super::harness::{OK, PATIENCE, Upstream, read_head};
use super::secure::{Connection, ORIGIN, SecureGateway, send};

#[test]
fn both_versions_of_http_pass_and_the_service_hears_of_https() {
    for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let auth = Upstream::start(OK);
        let secure = SecureGateway::start(auth.port);
        let arguments = [option, "--include", "--data", "{}", "--write-out"];
        let answer = secure.curl(
            "/auth/login",
            &[&arguments[..], &["\n%{http_version}"]].concat(),
        );
        assert!(
            answer.ends_with(&format!("\r\n\r\nok\n{version}")),
            "{answer}"
        );
        assert!(
            answer
                .to_lowercase()
                .contains("\r\nstrict-transport-security: max-age=31536000\r\n"),
            "{answer}"
        );
        assert_eq!(auth.header("X-Forwarded-Proto"), ["https"]);
        assert_eq!(auth.header("X-Forwarded-For"), ["127.0.0.1"]);
        assert_eq!(auth.header("X-Forwarded-Host"), auth.header("Host"));
        assert!(auth.header("Host")[0].starts_with("localhost:"));
    }
}

#[test]
fn a_handshake_is_modern_or_fails() {
    let secure = SecureGateway::start(Upstream::start(OK).port);
    for version in ["-tls1", "-tls1_1"] {
        // Else openssl would not even ask.
        let output = secure.handshake(&[version, "-cipher", "DEFAULT@SECLEVEL=0"]);
        assert!(output.contains("alert protocol version"), "{output}");
    }
    for cipher in ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256"] {
        let output = secure.handshake(&["-tls1_2", "-cipher", cipher]);
        assert!(output.contains("alert handshake failure"), "{output}");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let output = secure.handshake(&[version]);
        assert!(output.contains("Verify return code: 0 (ok)"), "{output}");
        // With 1.3 what is called a ticket is the number of a session in the gateway's memory.
        let has_ticket = output.contains("TLS session ticket:");
        assert!(!has_ticket || version == "-tls1_3", "{output}");
    }
}

#[test]
fn a_page_that_is_asked_for_in_the_clear_is_led_to_https() {
    let auth = Upstream::start(OK);
    let secure = SecureGateway::start(auth.port);
    for path in ["/", "/sign-in", "/register?x=1", "/n/new", "/api-docs/"] {
        let answer = secure
            .gateway
            .request("GET", path, "Cookie: theme=dark\r\n");
        assert_eq!(answer.status(), 308, "{path}");
        // Never to where the client says that it is.
        assert_eq!(answer.header("location"), [format!("{ORIGIN}{path}")]);
        // RFC 6797 section 7.2.
        assert!(answer.header("strict-transport-security").is_empty());
    }
    let health = |method| secure.gateway.request(method, "/health/live", "");
    assert_eq!(health("GET").body(), r#"{"status":"live"}"#);
    health("POST").assert_problem(405, "method_not_allowed");
    assert!(auth.heads().is_empty());
}

/// A redirect would hide that a program sends its tokens where anyone can read them.
#[test]
fn what_was_sent_in_the_clear_is_refused() {
    let auth = Upstream::start(OK);
    let secure = SecureGateway::start(auth.port);
    for (method, path, headers) in [
        ("GET", "/notes", "Authorization: Bearer token\r\n"),
        ("GET", "/notes", ""),
        ("POST", "/auth/login", "Content-Length: 0\r\n"),
        (
            "POST",
            "/auth/refresh",
            "Cookie: __Host-refresh_token=secret\r\n",
        ),
        // Whoever believes these would believe anyone's.
        ("GET", "/.well-known/jwks.json", ""),
        ("GET", "/nothing", ""),
        ("GET", "/", "Authorization: Bearer token\r\n"),
        ("GET", "/", "Cookie: a=b; __Host-access_token=token\r\n"),
        ("POST", "/", "Content-Length: 0\r\n"),
    ] {
        secure
            .gateway
            .request(method, path, headers)
            .assert_problem(403, "https_required");
    }
    // The port of TLS says the same to those who do not speak it.
    let request = "GET /notes HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    send(secure.connect_plainly(), request).assert_problem(403, "https_required");
    assert!(auth.heads().is_empty());
}

#[test]
fn a_renewed_certificate_is_taken_up_by_a_reload_that_breaks_nothing_off() {
    let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let secure = SecureGateway::start(service.local_addr().unwrap().port());
    let old = secure.certificate();
    let mut client = secure.connect("http/1.1");
    client
        .write_all(b"GET /notes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let (mut request, _) = service.accept().unwrap();
    read_head(&mut BufReader::new(&request)).unwrap();

    secure.renew();
    assert_ne!(secure.certificate(), old);
    secure.gateway.reload();
    wait::until("taking up the certificate", PATIENCE, || {
        Ok(is_trusted(secure.connect("http/1.1")).then_some(()))
    })
    .unwrap();

    request
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
}

/// Whether the gateway shows the certificate of the file.
fn is_trusted(mut connection: Connection) -> bool {
    connection.conn.complete_io(&mut connection.sock).is_ok()
}
