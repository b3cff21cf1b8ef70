//! What a browser is told about each answer (R47): each header once, whoever made the answer.

use super::harness::{Answer, Behaviour, Gateway, Upstream};

const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A service that sends some of the headers itself, and others than the gateway's.
const SERVICE: Behaviour = Behaviour::Answers(
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Content-Type-Options: nosniff\r\n\
     Cache-Control: public, no-cache\r\nContent-Security-Policy: default-src *\r\n\
     Strict-Transport-Security: max-age=1\r\nReferrer-Policy: unsafe-url\r\n\
     Retry-After: 7\r\nAllow: GET\r\n\r\nok",
);

fn assert_security_headers(answer: &Answer, policy: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", policy),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ] {
        assert_eq!(answer.header(name), [value], "{name}: {answer:?}");
    }
    assert_eq!(answer.header("x-request-id").len(), 1, "{answer:?}");
    assert_eq!(answer.header("cache-control").len(), 1, "{answer:?}");
}

#[test]
fn every_answer_has_each_security_header_once() {
    let (auth, notes) = (Upstream::start(SERVICE), Upstream::start(SERVICE));
    let gateway = Gateway::start(&[auth.port], &[notes.port], false);
    for path in ["/auth/me", "/notes", "/notes/1", "/.well-known/jwks.json"] {
        let answer = gateway.request("GET", path, "");
        assert_eq!(answer.status(), 200);
        assert_security_headers(&answer, NOTHING);
        // These stay the service's.
        assert_eq!(answer.header("cache-control"), ["public, no-cache"]);
        assert_eq!(answer.header("retry-after"), ["7"]);
        assert_eq!(answer.header("allow"), ["GET"]);
    }
    for (method, path, headers, status) in [
        ("GET", "/nothing", String::new(), 404),
        ("GET", "/_problem", String::new(), 404),
        ("TRACE", "/auth/me", String::new(), 405),
        ("GET", "/auth/me", "Host: b\r\n".to_owned(), 400),
        (
            "GET",
            "/auth/me",
            format!("X: {}\r\n", "x".repeat(17_000)),
            431,
        ),
    ] {
        let answer = gateway.request(method, path, &headers);
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_security_headers(&answer, NOTHING);
    }
    let too_long = gateway.post("/auth/login", 1 << 20);
    assert_eq!(too_long.status(), 413);
    assert_security_headers(&too_long, NOTHING);
    let gone = Gateway::start(&[local_run::port::free().unwrap()], &[notes.port], false);
    let unavailable = gone.request("GET", "/auth/me", "");
    assert_eq!(unavailable.status(), 502);
    assert_eq!(unavailable.header("retry-after"), ["1"]);
    assert_security_headers(&unavailable, NOTHING);
}

/// RFC 9110 §15.5.6.
#[test]
fn a_refused_method_comes_with_those_that_are_not() {
    let (gateway, auth, _) = Gateway::with_one_each();
    for (method, path, allowed) in [
        (
            "TRACE",
            "/auth/me",
            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        ),
        ("TRACE", "/health/live", "GET, HEAD"),
        ("POST", "/health/live", "GET, HEAD"),
        ("BREW", "/health/live?x=1", "GET, HEAD"),
    ] {
        let answer = gateway.request(method, path, "");
        answer.assert_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), [allowed], "{method} {path}");
    }
    assert_eq!(gateway.request("HEAD", "/health/live", "").status(), 200);
    assert!(auth.heads().is_empty());
}

#[test]
fn the_documentation_may_load_its_own_files_and_nothing_else() {
    let (gateway, _, _) = Gateway::with_one_each();
    let answer = gateway.request("GET", "/api-docs/", "");
    let policy = &answer.header("content-security-policy")[0];
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    for never in ["http", "*", "unsafe-eval", "script-src 'self' "] {
        assert!(!policy.contains(never), "{policy}");
    }
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    // The gateway's own problem under the same path.
    let refused = gateway.request("TRACE", "/api-docs/", "");
    assert_eq!(refused.header("content-security-policy"), [NOTHING]);
}

/// RFC 6797 §7.2: never on a site of plain http.
#[test]
fn browsers_are_told_to_use_https_only_where_that_is_switched_on() {
    let service = Upstream::start(SERVICE);
    let plain = Gateway::start(&[service.port], &[service.port], false);
    let secure = Gateway::start_with(&[service.port], &[service.port], |settings| {
        settings.hsts = true;
    });
    for path in ["/auth/me", "/notes", "/nothing", "/health/live"] {
        let header = |gateway: &Gateway| {
            let answer = gateway.request("GET", path, "");
            answer.header("strict-transport-security")
        };
        assert!(header(&plain).is_empty(), "{path}");
        assert_eq!(header(&secure), ["max-age=31536000"], "{path}");
    }
}
