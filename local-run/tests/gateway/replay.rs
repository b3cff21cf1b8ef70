//! A request that a replica took is not given to another, unless repeating it is harmless.

use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};

use local_run::port;

use super::harness::{Behaviour, Gateway, OK, Upstream, read_head};

#[test]
fn a_post_is_never_sent_twice() {
    for method in ["POST", "PATCH"] {
        let replicas = [
            Upstream::start(Behaviour::Dies),
            Upstream::start(Behaviour::Dies),
        ];
        let gateway = Gateway::start(
            &replicas.each_ref().map(|replica| replica.port),
            &[1],
            false,
        );
        let answer = gateway.request(method, "/auth/refresh", "Content-Length: 0\r\n");
        answer.assert_problem(502, "unavailable");
        assert_eq!(answer.header("retry-after"), ["1"]);
        let sent: usize = replicas.iter().map(|replica| replica.heads().len()).sum();
        assert_eq!(sent, 1, "{method}");
    }
}

#[test]
fn a_get_whose_replica_dies_is_answered_by_another() {
    let (dying, healthy) = (Upstream::start(Behaviour::Dies), Upstream::start(OK));
    let gateway = Gateway::start(&[dying.port, healthy.port], &[1], false);
    // Each of nginx's workers takes the replicas in turn: one of the first two meets the dying one.
    for _ in 0..2 {
        assert_eq!(gateway.request("GET", "/auth/me", "").body(), "ok");
    }
    assert_eq!(healthy.heads().len(), 2);
    assert!(!dying.heads().is_empty());
}

/// In Kubernetes one address leads to all replicas, and is given twice for this.
#[test]
fn a_get_is_asked_again_at_the_same_address() {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = address.local_addr().unwrap().port();
    let replicas = std::thread::spawn(move || {
        for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"] {
            let (mut connection, _) = address.accept().unwrap();
            read_head(&mut BufReader::new(&connection)).unwrap();
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    let gateway = Gateway::start(&[port, port], &[1], false);
    assert_eq!(gateway.request("GET", "/auth/me", "").body(), "ok");
    replicas.join().unwrap();
}

#[test]
fn a_post_that_no_replica_has_seen_goes_to_one_that_runs() {
    let healthy = Upstream::start(OK);
    let gateway = Gateway::start(&[port::free().unwrap(), healthy.port], &[1], false);
    for _ in 0..4 {
        assert_eq!(gateway.post("/auth/login", 10).body(), "ok");
    }
    assert_eq!(healthy.heads().len(), 4);
}

#[test]
fn no_replica_at_all_is_unavailable() {
    let gateway = Gateway::start(&[port::free().unwrap()], &[port::free().unwrap()], false);
    gateway
        .post("/auth/login", 10)
        .assert_problem(502, "unavailable");
    gateway
        .request("GET", "/notes", "")
        .assert_problem(502, "unavailable");
}
