//! HTTP/2, whose requests have neither a line nor a header `Host`, and become HTTP/1.1 for the services: what
//! could be read differently there is refused (RFC 9113 sections 8.2 and 8.3, R54).

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::harness::{OK, Upstream, header};
use super::secure::SecureGateway;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;

const LONGEST_FRAME: usize = 16 << 10;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const POST: [(&str, &str); 3] = [
    (":method", "POST"),
    (":scheme", "https"),
    (":path", "/auth/login"),
];
const A: (&str, &str) = (":authority", "a");

/// What came back for a request.
#[derive(Debug, PartialEq)]
enum Answer {
    Body(String),
    /// The request or the whole connection was broken off.
    Refused,
}

#[test]
fn what_a_service_could_read_differently_is_refused() {
    let auth = Upstream::start(OK);
    let secure = SecureGateway::start(auth.port);
    for (what, fields) in [
        ("no host", &[][..]),
        ("two hosts", &[A, ("host", "b")]),
        ("two authorities", &[A, A]),
        ("no host's name", &[(":authority", "a b")]),
        ("another path", &[A, (":path", "/auth/me")]),
        ("an unknown pseudo-header", &[A, (":protocol", "websocket")]),
        ("another length", &[A, ("content-length", "5")]),
        ("a shorter length", &[A, ("content-length", "1")]),
        (
            "two lengths",
            &[A, ("content-length", "2"), ("content-length", "3")],
        ),
        ("a signed length", &[A, ("content-length", "+2")]),
    ] {
        let Answer::Body(body) = post(&secure, fields, "{}") else {
            panic!("{what}: no answer");
        };
        assert!(
            body.contains(r#""status":400,"code":"malformed_request""#),
            "{what}: {body}"
        );
    }
    for (what, field) in [
        (
            "a line in a value",
            ("x", "y\r\ntransfer-encoding: chunked"),
        ),
        ("NUL in a value", ("x", "a\0b")),
        ("a line in a name", ("x: y\r\nz", "y")),
        ("a colon in a name", ("x:", "y")),
        ("capitals in a name", ("Content-Length", "2")),
        ("a space in a name", ("content-length ", "2")),
    ] {
        assert_eq!(post(&secure, &[A, field], "{}"), Answer::Refused, "{what}");
    }
    assert!(auth.heads().is_empty(), "{:?}", auth.heads());
}

#[test]
fn what_is_accepted_reaches_the_service_in_one_form() {
    for (what, fields) in [
        ("no length", &[A][..]),
        ("its length", &[A, ("content-length", "2")]),
        // HTTP/2 has no use for these, and nginx no ear.
        ("chunks", &[A, ("transfer-encoding", "chunked")]),
        ("a connection's header", &[A, ("connection", "keep-alive")]),
        ("a host among the others", &[("x", "y"), A]),
    ] {
        let auth = Upstream::start(OK);
        let secure = SecureGateway::start(auth.port);
        let ok = Answer::Body("ok".to_owned());
        assert_eq!(post(&secure, fields, "{}"), ok, "{what}");
        let heads = auth.heads();
        assert_eq!(heads.len(), 1, "{what}: {heads:?}");
        assert!(heads[0].starts_with("POST /auth/login HTTP/1.1\r\n"));
        assert_eq!(header(&heads[0], "content-length"), ["2"], "{what}");
        assert_eq!(header(&heads[0], "host"), ["a"], "{what}");
        for dropped in ["transfer-encoding", "connection"] {
            assert!(header(&heads[0], dropped).is_empty(), "{what}: {heads:?}");
        }
    }
}

/// A body needs no length in HTTP/2.
#[test]
fn a_body_passes_up_to_what_its_service_takes() {
    let auth = Upstream::start(OK);
    let secure = SecureGateway::start(auth.port);
    let whole = "x".repeat(32 << 10);
    assert_eq!(post(&secure, &[A], &whole), Answer::Body("ok".to_owned()));
    assert_eq!(auth.header("content-length"), ["32768"]);
    let Answer::Body(body) = post(&secure, &[A], &format!("{whole}x")) else {
        panic!("no answer");
    };
    assert!(body.contains(r#""status":413"#), "{body}");
    assert_eq!(auth.heads().len(), 1);
}

/// R41: HTTP/2 sends cookies one by one (RFC 9113 section 8.2.3).
#[test]
fn cookies_in_pieces_stay_with_the_auth_server() {
    let service = Upstream::start(OK);
    let secure = SecureGateway::start(service.port);
    for path in ["/auth/refresh", "/notes"] {
        let fields = [
            (":method", "GET"),
            (":scheme", "https"),
            (":path", path),
            A,
            ("cookie", "a=1"),
            ("cookie", "__Host-refresh_token=secret"),
        ];
        assert_eq!(
            exchange(&secure, &fields, ""),
            Answer::Body("ok".to_owned())
        );
    }
    let cookies: Vec<_> = service
        .heads()
        .iter()
        .map(|head| header(head, "cookie"))
        .collect();
    assert_eq!(cookies, [vec!["a=1; __Host-refresh_token=secret"], vec![]]);
}

/// As with HTTP/1.1: neither a handshake nor a body may be dragged on, and no service hears of it.
#[test]
fn a_slow_client_is_let_go() {
    let auth = Upstream::start(OK);
    let secure = SecureGateway::start(auth.port);
    let mut silent = secure.connect_plainly();
    let mut slow = secure.connect("h2");
    slow.write_all(&opening(&[&POST[..], &[A]].concat()))
        .unwrap();
    slow.write_all(&frame(DATA, 0, 1, b"x")).unwrap();
    // Others are served meanwhile.
    assert_eq!(post(&secure, &[A], "{}"), Answer::Body("ok".to_owned()));
    let since = Instant::now();
    while !matches!(read_frame(&mut slow).0, HEADERS | RESET | GO_AWAY) {}
    assert_eq!(silent.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(
        since.elapsed() < Duration::from_secs(20),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(auth.heads().len(), 1);
}

fn post(gateway: &SecureGateway, fields: &[(&str, &str)], body: &str) -> Answer {
    exchange(gateway, &[&POST, fields].concat(), body)
}

fn exchange(gateway: &SecureGateway, fields: &[(&str, &str)], body: &str) -> Answer {
    let mut connection = gateway.connect("h2");
    let mut bytes = opening(fields);
    for part in body.as_bytes().chunks(LONGEST_FRAME) {
        bytes.extend(frame(DATA, 0, 1, part));
    }
    bytes.extend(frame(DATA, END_STREAM, 1, &[]));
    connection.write_all(&bytes).unwrap();
    let mut answer = String::new();
    loop {
        let (kind, flags, payload) = read_frame(&mut connection);
        match kind {
            DATA => answer.push_str(std::str::from_utf8(&payload).unwrap()),
            RESET | GO_AWAY => return Answer::Refused,
            _ => {}
        }
        if kind == DATA && flags & END_STREAM != 0 {
            return Answer::Body(answer);
        }
    }
}

/// The beginning of a connection, and of a request on it.
fn opening(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(frame(HEADERS, END_HEADERS, 1, &block(fields)));
    bytes
}

fn read_frame(connection: &mut impl Read) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 9];
    connection.read_exact(&mut head).unwrap();
    let [high, middle, low, kind, flags, ..] = head;
    let length = u32::from_be_bytes([0, high, middle, low]);
    let mut payload = vec![0; length.try_into().unwrap()];
    connection.read_exact(&mut payload).unwrap();
    (kind, flags, payload)
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The fields as they are, each by its name (RFC 7541 section 6.2.2).
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}
