//! Who gets which request, and what they are told about the client.

use std::net::Ipv4Addr;

use super::harness::{Behaviour, Gateway, OK, Upstream, header};

#[test]
fn each_path_goes_to_its_service() {
    let (gateway, auth, notes) = Gateway::with_one_each();
    for path in [
        "/auth/login",
        "/.well-known/jwks.json",
        "/api-docs/",
        "/api-docs/auth/openapi.json",
        // As the client wrote it: decoding is the service's.
        "/auth/sessions/a%2Fb?x=%20",
    ] {
        assert_eq!(gateway.request("GET", path, "").body(), "ok", "{path}");
        let line = format!("GET {path} HTTP/1.1\r\n");
        assert!(auth.heads().last().unwrap().starts_with(&line), "{path}");
    }
    for path in [
        "/notes",
        "/notes?query=a%20b",
        "/notes/1",
        "/api-docs/notes/openapi.json",
    ] {
        assert_eq!(gateway.request("GET", path, "").body(), "ok", "{path}");
        let line = format!("GET {path} HTTP/1.1\r\n");
        assert!(notes.heads().last().unwrap().starts_with(&line), "{path}");
    }
    assert_eq!((auth.heads().len(), notes.heads().len()), (5, 4));
}

#[test]
fn nothing_else_reaches_a_service() {
    let (gateway, auth, notes) = Gateway::with_one_each();
    for path in [
        "/index.html",
        "/auth",
        "/notesx",
        "/health/ready",
        "/metrics",
        "/_problem",
        "/auth/../x",
    ] {
        gateway
            .request("GET", path, "")
            .assert_problem(404, "not_found");
    }
    gateway
        .request("TRACE", "/auth/me", "")
        .assert_problem(405, "method_not_allowed");
    assert_eq!(
        gateway.request("GET", "/health/live", "").body(),
        r#"{"status":"live"}"#
    );
    assert_eq!(
        gateway.request("GET", "/api-docs", "").header("location"),
        ["/api-docs/"]
    );
    assert_eq!((auth.heads().len(), notes.heads().len()), (0, 0));
}

/// R37: an address that the client claims is replaced by the one it has.
#[test]
fn the_client_cannot_claim_another_address() {
    let (gateway, auth, _) = Gateway::with_one_each();
    gateway.request(
        "GET",
        "/auth/me",
        "X-Forwarded-For: 203.0.113.1\r\nX-Real-IP: 203.0.113.1\r\nForwarded: for=203.0.113.1\r\n\
         X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX_Forwarded_For: 203.0.113.1\r\n\
         X-Request-Id: chosen\r\nAuthorization: Bearer token\r\n",
    );
    assert_eq!(auth.header("X-Forwarded-For"), ["127.0.0.1"]);
    assert_eq!(auth.header("X-Real-IP"), ["127.0.0.1"]);
    assert_eq!(auth.header("X-Forwarded-Proto"), ["http"]);
    assert_eq!(auth.header("X-Forwarded-Host"), ["localhost"]);
    assert_eq!(auth.header("Authorization"), ["Bearer token"]);
    for dropped in ["Forwarded", "X_Forwarded_For"] {
        assert!(auth.header(dropped).is_empty(), "{dropped}");
    }
}

/// R37: a proxy of ours in front of the gateway says who the client is, and a client behind it does not.
#[test]
fn a_trusted_proxy_names_the_client() {
    let (auth, notes) = (Upstream::start(OK), Upstream::start(OK));
    let gateway = Gateway::start_with(&[auth.port], &[notes.port], |settings| {
        settings.proxies = vec![Ipv4Addr::LOCALHOST.into()];
    });
    let claimed = "X-Forwarded-For: 203.0.113.1, 192.0.2.7\r\n";
    gateway.request("GET", "/auth/me", claimed);
    assert_eq!(auth.header("X-Forwarded-For"), ["192.0.2.7"]);
    gateway.request("GET", "/notes", "X-Forwarded-For: 2001:db8::7\r\n");
    assert_eq!(notes.header("X-Forwarded-For"), ["2001:db8::7"]);
    assert_eq!(notes.header("X-Real-IP"), ["2001:db8::7"]);
}

#[test]
fn one_request_id_is_made_passed_on_and_returned() {
    let (gateway, auth, _) = Gateway::with_one_each();
    let answer = gateway.request("GET", "/auth/me", "X-Request-Id: chosen\r\n");
    assert_eq!(answer.header("X-Request-Id"), auth.header("X-Request-Id"));
    assert_eq!(answer.header("X-Request-Id")[0].len(), 32);
}

/// <https://www.w3.org/TR/trace-context/>: the gateway has no part in traces, and stands in nobody's way.
#[test]
fn a_trace_context_is_passed_on_as_it_is_and_logged_if_it_is_valid() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let valid = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let (gateway, auth, _) = Gateway::with_one_each();
    let mut expected = Vec::new();
    for (context, logged) in [
        (valid.clone(), TRACE),
        (
            format!("cc-{TRACE}-00f067aa0ba902b7-01-what-comes-later"),
            TRACE,
        ),
        (format!("{valid}-more"), "-"),
        (format!("{valid} status=200"), "-"),
        (valid.replace("00-", "ff-"), "-"),
        (valid.to_uppercase(), "-"),
        (valid.replace(TRACE, &"0".repeat(32)), "-"),
        (valid.replace("00f067aa0ba902b7", &"0".repeat(16)), "-"),
        ("\" status=200 forged=\"".to_owned(), "-"),
    ] {
        let headers = format!("Traceparent: {context}\r\nTracestate: vendor=state\r\n");
        let answer = gateway.request("GET", "/auth/me", &headers);
        let head = auth.heads().pop().unwrap();
        assert_eq!(header(&head, "traceparent"), [context]);
        assert_eq!(header(&head, "tracestate"), ["vendor=state"]);
        let id = &answer.header("X-Request-Id")[0];
        expected.push(format!(" request_id={id} trace_id={logged} client="));
    }
    let log = gateway.stop_and_read("gateway-access.log");
    // The gateway is asked until it runs, too.
    let ours = log.lines().filter(|line| line.contains("/auth/me"));
    let lines: Vec<&str> = ours.collect();
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.contains(expected), "{expected} in {line}");
    }
}

/// R41.
#[test]
fn cookies_stay_with_the_auth_server() {
    const COOKIES: &str =
        "Cookie: a=1; __Host-refresh_token=secret; __Host-access_token=token; b=2\r\n";
    let (gateway, auth, notes) = Gateway::with_one_each();
    gateway.request("GET", "/auth/me", COOKIES);
    gateway.request("GET", "/notes", COOKIES);
    assert_eq!(
        auth.header("Cookie"),
        [COOKIES["Cookie: ".len()..].trim_end()]
    );
    assert!(notes.header("Cookie").is_empty());
}

#[test]
fn the_access_cookie_alone_is_passed_on_where_it_is_wanted() {
    for (cookies, passed) in [
        (
            "a=1; __Host-refresh_token=secret; __Host-access_token=token; b=2",
            Some("__Host-access_token=token"),
        ),
        (
            "__Host-access_token=token",
            Some("__Host-access_token=token"),
        ),
        (
            "x__Host-access_token=token; a=__Host-access_token=token",
            None,
        ),
        ("__Host-refresh_token=secret", None),
    ] {
        let notes = Upstream::start(OK);
        let gateway = Gateway::start(&[notes.port], &[notes.port], true);
        gateway.request("GET", "/notes", &format!("Cookie: {cookies}\r\n"));
        assert_eq!(
            notes.header("Cookie").first().map(String::as_str),
            passed,
            "{cookies}"
        );
    }
}

#[test]
fn a_services_own_error_passes_unchanged() {
    let notes = Upstream::start(Behaviour::Answers(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n\
         Retry-After: 7\r\nContent-Length: 22\r\n\r\n{\"code\":\"unavailable\"}",
    ));
    let answer = Gateway::start(&[notes.port], &[notes.port], false).request("GET", "/notes", "");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.body(), r#"{"code":"unavailable"}"#);
    assert_eq!(answer.header("retry-after"), ["7"]);
}

/// R58.
#[test]
fn the_log_has_the_request_id_and_no_query_and_no_secret() {
    let (gateway, _, _) = Gateway::with_one_each();
    let answer = gateway.request(
        "GET",
        "/notes?query=canary",
        "Authorization: Bearer canary\r\nCookie: c=canary\r\nReferer: http://x/?canary\r\n",
    );
    let log = gateway.stop_and_read("gateway-access.log");
    let line = log.lines().find(|line| line.contains("/notes")).unwrap();
    assert!(
        line.contains(&format!("request_id={}", answer.header("X-Request-Id")[0])),
        "{line}"
    );
    assert!(
        line.contains(r#"method=GET path="/notes" status=200"#),
        "{line}"
    );
    assert!(!log.contains("canary"), "{log}");
}

/// Answers of the gateway's own come from a place inside it, which is asked by GET.
#[test]
fn the_log_has_the_method_that_the_client_used() {
    let (gateway, _, _) = Gateway::with_one_each();
    let mut expected = Vec::new();
    for (method, path, status) in [
        ("POST", "/auth/login", 200),
        ("POST", "/nothing", 404),
        ("DELETE", "/health/live", 405),
        ("TRACE", "/auth/me", 405),
    ] {
        assert_eq!(gateway.request(method, path, "").status(), status);
        expected.push(format!(" method={method} path=\"{path}\" status={status} "));
    }
    gateway.post("/auth/login", 1 << 20);
    expected.push(r#" method=POST path="/auth/login" status=413 "#.to_owned());
    gateway.send(b"rubbish status=200\r\n\r\n");
    expected.push(r#" method=- path="" status=400 "#.to_owned());
    let log = gateway.stop_and_read("gateway-access.log");
    for expected in expected {
        assert!(log.contains(&expected), "{expected} in {log}");
    }
}
