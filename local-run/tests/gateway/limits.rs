//! How many requests a client may have: so many that people do not notice, and a flood does.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::harness::{Behaviour, Gateway, OK, Upstream};

/// A gateway behind a proxy of ours, which says who the client is.
fn behind_a_proxy(service: &Upstream) -> Gateway {
    Gateway::start_with(&[service.port], &[service.port], |settings| {
        settings.rate_limit = true;
        settings.proxies = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    })
}

fn call(gateway: &Gateway, method: &str, path: &str, client: &str) -> u16 {
    let headers = format!("X-Forwarded-For: {client}\r\n");
    gateway.request(method, path, &headers).status()
}

/// How many of so many logins of these clients, one after the other, were refused. They come from several
/// threads: one that waits for its turn on a busy machine would be no flood.
fn refused<S: AsRef<str> + Sync>(
    gateway: &Gateway,
    method: &str,
    path: &str,
    clients: &[S],
    times: usize,
) -> usize {
    let next = AtomicUsize::new(0);
    let calls = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let statuses = numbers.take_while(|number| *number < times).map(|number| {
            let client = clients[number % clients.len()].as_ref();
            call(gateway, method, path, client)
        });
        statuses
            .inspect(|status| assert!([200, 429].contains(status)))
            .filter(|status| *status == 429)
            .count()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(calls)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

const THREADS: usize = 8;
/// The calls that hash which a client has at once. Twenty more come every second.
const BURST: usize = 100;
/// More than that, as fast as they go.
const FLOOD: usize = 600;
/// Refused of a flood, however slow the machine.
const MANY: usize = 100;
/// A client that had its burst does not get them.
const SOME: usize = BURST / 2;

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
        let flood = |times| refused(&gateway, method, path, &["192.0.2.1"], times);
        assert_eq!(flood(BURST), 0, "{path}: the burst is free");
        let refused = flood(FLOOD);
        assert!(refused > MANY, "{path}: {refused}");
        assert_eq!(service.heads().len(), BURST + FLOOD - refused, "{path}");
        let answers = std::iter::repeat_with(|| {
            gateway.request(method, path, "X-Forwarded-For: 192.0.2.1\r\n")
        });
        let answer = answers.take(FLOOD).find(|answer| answer.status() != 200);
        let answer = answer.expect("the flood is not over");
        answer.assert_problem(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), ["1"]);
        // Someone else, and other calls of the same client.
        assert_eq!(call(&gateway, method, path, "192.0.2.2"), 200);
        assert_eq!(call(&gateway, "POST", "/auth/refresh", "192.0.2.1"), 200);
        assert_eq!(call(&gateway, "GET", "/auth/me", "192.0.2.1"), 200);
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
        let refused = |client, times| refused(&gateway, "POST", "/auth/login", &[client], times);
        assert!(refused(client, FLOOD) > MANY, "{client}");
        for address in same {
            assert!(refused(address, SOME) > 0, "{address}, like {client}");
        }
        for address in others {
            assert_eq!(refused(address, SOME), 0, "{address}, unlike {client}");
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
    let claims: Vec<String> = (0..256).map(|n| format!("198.51.100.{n}")).collect();
    let refused = refused(&gateway, "POST", "/auth/login", &claims, FLOOD);
    assert!(refused > MANY, "{refused}");
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
                  Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
            )
            .unwrap();
        let mut answer = [0; 25];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        open.push(connection);
    }
    for path in ["/notes", "/", "/account"] {
        let answer = gateway.request("GET", path, "X-Forwarded-For: 192.0.2.1\r\n");
        answer.assert_problem(429, "rate_limited");
        assert_eq!(call(&gateway, "GET", path, "192.0.2.2"), 200);
    }
    drop(open);
}

#[test]
fn switched_off_there_is_no_limit() {
    let (gateway, _, _) = Gateway::with_one_each();
    let refused = refused(&gateway, "POST", "/auth/login", &["192.0.2.1"], FLOOD);
    assert_eq!(refused, 0);
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
