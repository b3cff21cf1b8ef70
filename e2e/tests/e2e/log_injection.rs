//! What a client writes stays inside its own line of every log, and does to a terminal nothing (R59).

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Map, Value};

use crate::harness::system::start;

/// What terminals, viewers and parsers of logs could take for something else.
const HOSTILE: [&[u8]; 9] = [
    b"\x1b[2J\x1b]0;owned\x07",
    b"\" status=200 agent=\"forged",
    b"\\x22 status=200 \\x0aforged",
    b"2026-01-01T00:00:00Z ERROR forged",
    "\u{202e}\u{2066}nimda\u{2069}\u{200b}".as_bytes(),
    "\u{2028}forged\u{2029}forged\u{85}forged".as_bytes(),
    b"\xff\xfe\x9b2J",
    b"tab\there %s ${jndi:ldap://127.0.0.1/x}",
    b"<script>alert(1)</script>",
];

const PATHS: [&str; 8] = [
    "/auth/me",
    "/auth/sessions/%0aforged",
    "/auth/%1b%5b2J%e2%80%ae%e2%80%a8forged",
    "/notes",
    "/notes/%0d%0aforged%22",
    "/nothing%0aforged",
    "/auth/\u{202e}forged",
    "/notes/\u{2028}forged\"",
];

#[tokio::test]
async fn no_client_breaks_a_line_of_a_log_or_forges_one() {
    let mut system = start(|settings| {
        settings.set_auth("RUST_LOG", "debug");
        settings.set_notes("RUST_LOG", "debug");
        settings.set_notes("NOTES_LOG_FORMAT", "json");
    })
    .await;
    let port = system.stack.gateway.port();
    let before = system.access_log().len();
    let mut sent = 0;
    for path in PATHS {
        for hostile in HOSTILE {
            let answer = send(port, path, hostile);
            assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
            sent += 1;
        }
    }
    system.stack.stop().unwrap();

    let lines = system.access_log().split_off(before);
    assert_eq!(lines.len(), sent);
    for line in &lines {
        assert!(line.starts_with("20"), "{line}");
        assert!(line.contains(" status=4"), "{line}");
        assert!(
            line.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{line:?}"
        );
        // Those around the path and the user agent.
        assert_eq!(line.matches('"').count(), 4, "{line}");
        assert!(line.contains(" trace_id=- "), "{line}");
    }
    for name in ["auth-server", "notes-api"] {
        for replica in [1, 2] {
            let log = system.log_directory().join(format!("{name}-{replica}.log"));
            let text = std::fs::read_to_string(log).unwrap();
            assert!(text.lines().count() > 0);
            for line in text.lines() {
                match name {
                    "notes-api" => assert!(is_a_whole_line_of_json(line), "{name}: {line:?}"),
                    _ => assert!(line.starts_with("[20"), "{name}: {line:?}"),
                }
                assert!(!line.chars().any(misleads), "{name}: {line:?}");
                assert!(!line.contains("trace_id"), "{name}: {line:?}");
            }
        }
    }
}

fn is_a_whole_line_of_json(line: &str) -> bool {
    let object: Option<Map<String, Value>> = serde_json::from_str(line).ok();
    object.is_some_and(|line| {
        ["time", "level", "target", "message"]
            .iter()
            .all(|name| line[*name].is_string())
    })
}

fn send(port: u16, path: &str, hostile: &[u8]) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").into_bytes();
    for name in [
        "User-Agent",
        "X-Request-Id",
        "Referer",
        "X-Forwarded-For",
        "Origin",
        "Traceparent",
        "Tracestate",
    ] {
        request.extend(format!("{name}: ").as_bytes());
        request.extend(hostile);
        request.extend(b"\r\n");
    }
    request.extend(b"\r\n");
    connection.write_all(&request).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
