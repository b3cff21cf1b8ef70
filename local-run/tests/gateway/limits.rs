//! How many requests a client may have: so many that people do not notice, and a flood does.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

use super::harness::{Behaviour, Gateway, OK, Upstream};

/// A gateway behind a proxy of ours, which says who the client is.
fn behind_a_proxy(service: &Upstream) -> Gateway {
    Gateway::start_with(&[service.port], &[service.port], |settings| {
        settings.rate_limit = true;
        settings.proxies = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    })
}

/// The statuses of so many calls of one client.
fn calls(gateway: &Gateway, method: &str, path: &str, client: &str, times: usize) -> Vec<u16> {
    let headers = format!("X-Forwarded-For: {client}\r\n");
    let call = |_| gateway.request(method, path, &headers).status();
    (0..times).map(call).collect()
}

fn refused(statuses: &[u16]) -> usize {
    assert!(statuses.iter().all(|status| [200, 429].contains(status)));
    statuses.iter().filter(|status| **status == 429).count()
}

/// More than the burst, as fast as they go.
const FLOOD: usize = 400;

#[test]
fn a_flood_of_calls_that_hash_passwords_ends_at_the_gateway() {
    for (method, path) in [
        ("POST", "/auth/login"),
        ("POST", "/auth/register"),
        ("POST", "/auth/password"),
        ("DELETE", "/auth/me"),
        ("POST", "/auth/%6Cogin"),
        ("POST", "//auth/./login?x"),
    ] {
        let service = Upstream::start(OK);
        let gateway = behind_a_proxy(&service);
        let statuses = calls(&gateway, method, path, "192.0.2.1", FLOOD);
        assert_eq!(refused(&statuses[..100]), 0, "{path}: the burst is free");
        assert!(refused(&statuses) > 100, "{path}: {}", refused(&statuses));
        assert_eq!(service.heads().len(), FLOOD - refused(&statuses), "{path}");
        let answer = gateway.request(method, path, "X-Forwarded-For: 192.0.2.1\r\n");
        answer.assert_problem(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), ["1"]);
        // Someone else, and other calls of the same client.
        assert_eq!(calls(&gateway, method, path, "192.0.2.2", 1), [200]);
        assert_eq!(
            calls(&gateway, "POST", "/auth/refresh", "192.0.2.1", 1),
            [200]
        );
        assert_eq!(calls(&gateway, "GET", "/auth/me", "192.0.2.1", 1), [200]);
    }
}

/// An IPv6 client has 2⁶⁴ addresses to call from, an IPv4 one has one, however that is spelled.
#[test]
fn a_client_is_an_ipv4_address_or_64_bits_of_an_ipv6_one() {
    for (client, same, others) in [
        (
            "2001:db8:1:2::1",
            &[
                "2001:db8:1:2::2",
                "2001:0db8:0001:0002:ffff:ffff:ffff:ffff",
                "2001:DB8:1:2:a0a:0a0a:d:a",
            ][..],
            &["2001:db8:1:3::1", "2001:db8::1", "2001:db8:2:2::1"][..],
        ),
        // Bytes that a regular expression might take for the end of a line.
        (
            "2001:a0a:d0a:a::1",
            &["2001:a0a:d0a:a:a0a:a0a:a0a:a0a"],
            &["2001:a0a:d0a:b::1"],
        ),
        (
            "192.0.2.10",
            &["::ffff:192.0.2.10", "::ffff:c000:20a"],
            &["192.0.2.11", "::ffff:192.0.2.11", "::1"],
        ),
    ] {
        let service = Upstream::start(OK);
        let gateway = behind_a_proxy(&service);
        let statuses = calls(&gateway, "POST", "/auth/login", client, FLOOD);
        assert!(refused(&statuses) > 100, "{client}");
        for address in same {
            // It may have one call more by now, and has not three.
            let statuses = calls(&gateway, "POST", "/auth/login", address, 8);
            assert!(refused(&statuses) > 0, "{address}, like {client}");
        }
        for address in others {
            let statuses = calls(&gateway, "POST", "/auth/login", address, 8);
            assert_eq!(refused(&statuses), 0, "{address}, unlike {client}");
        }
    }
}

/// R37: only a proxy's word is taken for it.
#[test]
fn nobody_gets_more_calls_by_claiming_addresses() {
    let service = Upstream::start(OK);
    let gateway = Gateway::start_with(&[service.port], &[service.port], |settings| {
        settings.rate_limit = true;
    });
    let statuses: Vec<u16> = (0..FLOOD)
        .map(|number| {
            let claim = format!("X-Forwarded-For: 198.51.100.{}\r\n", number % 256);
            gateway.request("POST", "/auth/login", &claim).status()
        })
        .collect();
    assert!(refused(&statuses) > 100, "{}", refused(&statuses));
}

/// Heads that have been read, and bodies that do not come.
#[test]
fn a_client_has_only_so_many_requests_at_once() {
    let service = Upstream::start(OK);
    let gateway = behind_a_proxy(&service);
    let mut open = Vec::new();
    for _ in 0..256 {
        let mut connection = gateway.connect();
        connection
            .write_all(
                b"POST /notes HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\
                  Content-Length: 9\r\n\r\nx",
            )
            .unwrap();
        open.push(connection);
    }
    // All of them have to be read first; then there is no room for one more.
    let statuses: Vec<u16> = std::iter::repeat_with(|| {
        let headers = "X-Forwarded-For: 192.0.2.1\r\n";
        gateway.request("GET", "/notes", headers).status()
    })
    .take(200)
    .take_while(|status| *status == 200)
    .collect();
    assert!(statuses.len() < 200, "nothing was refused");
    for path in ["/notes", "/", "/account"] {
        let answer = gateway.request("GET", path, "X-Forwarded-For: 192.0.2.1\r\n");
        answer.assert_problem(429, "rate_limited");
        assert_eq!(calls(&gateway, "GET", path, "192.0.2.2", 1), [200]);
    }
    drop(open);
}

#[test]
fn switched_off_there_is_no_limit() {
    let (gateway, _, _) = Gateway::with_one_each();
    let statuses = calls(&gateway, "POST", "/auth/login", "192.0.2.1", FLOOD);
    assert_eq!(refused(&statuses), 0);
}

/// What the auth server says of guesses is more exact.
#[test]
fn a_services_own_429_passes_unchanged() {
    let service = Upstream::start(Behaviour::Answers(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/problem+json\r\n\
         Retry-After: 42\r\nRateLimit-Limit: 10\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: 42\r\n\
         Cache-Control: no-store\r\nContent-Length: 23\r\n\r\n{\"code\":\"rate_limited\"}",
    ));
    let gateway = behind_a_proxy(&service);
    let answer = gateway.request("POST", "/auth/login", "X-Forwarded-For: 192.0.2.1\r\n");
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.body(), r#"{"code":"rate_limited"}"#);
    for (name, value) in [
        ("retry-after", "42"),
        ("ratelimit-limit", "10"),
        ("ratelimit-remaining", "0"),
        ("ratelimit-reset", "42"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), [value], "{name}");
    }
}
