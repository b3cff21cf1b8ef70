//! Request smuggling: what two servers could read differently is refused, or passed on in the one form
//! that nobody can (R54).

use super::harness::{Gateway, header};

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
        ("a negative length", "Content-Length: -1", "x"),
        ("a list of lengths", "Content-Length: 1, 1", "x"),
        ("two numbers", "Content-Length: 1 1", "x"),
        ("a hexadecimal length", "Content-Length: 0x1", "x"),
        ("no number", "Content-Length:", ""),
        (
            "a length beyond 64 bits",
            "Content-Length: 18446744073709551617",
            "x",
        ),
        ("a space before the colon", "Content-Length : 1", "x"),
        (
            "the same of the encoding",
            "Transfer-Encoding : chunked",
            "0\r\n\r\n",
        ),
        (
            "a tab before the colon",
            "Transfer-Encoding\t: chunked",
            "0\r\n\r\n",
        ),
        (
            "a folded line",
            "Transfer-Encoding:\r\n chunked",
            "0\r\n\r\n",
        ),
        (
            "a line hidden by folding",
            "X: y\r\n Transfer-Encoding: chunked",
            "0\r\n\r\n",
        ),
        (
            "a carriage return alone",
            "X: y\rTransfer-Encoding: chunked",
            "0\r\n\r\n",
        ),
        ("NUL in a value", "X: a\0b", ""),
        ("NUL in a name", "X\0: a", ""),
        ("a bad chunk", "Transfer-Encoding: chunked", "z\r\n\r\n"),
        (
            "a signed chunk",
            "Transfer-Encoding: chunked",
            "+1\r\nx\r\n0\r\n\r\n",
        ),
        (
            "a prefixed chunk",
            "Transfer-Encoding: chunked",
            "0x1\r\nx\r\n0\r\n\r\n",
        ),
        (
            "a chunk beyond 64 bits",
            "Transfer-Encoding: chunked",
            "10000000000000001\r\nx\r\n0\r\n\r\n",
        ),
        (
            "a line within a chunk's extension",
            "Transfer-Encoding: chunked",
            "2;a=\"\n\"\r\n{}\r\n0\r\n\r\n",
        ),
        ("two hosts", "Host: b", ""),
        ("the same host twice", "Host: a", ""),
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
    assert!(auth.heads().is_empty(), "{:?}", auth.heads());
}

#[test]
fn an_encoding_that_is_not_exactly_chunked_is_refused() {
    let (gateway, auth, _) = Gateway::with_one_each();
    for encoding in [
        " xchunked",
        " identity",
        " gzip, chunked",
        " chunked, identity",
        " identity, chunked",
        " \"chunked\"",
        "\tchunked",
        " \u{b}chunked",
        "",
    ] {
        let request = format!(
            "POST /auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:{encoding}\r\n\r\n0\r\n\r\n"
        );
        let answer = gateway.send(request.as_bytes());
        assert_eq!(answer.0.matches("HTTP/1.1 ").count(), 1, "{encoding:?}");
        answer.assert_problem(501, "not_implemented");
    }
    assert!(auth.heads().is_empty(), "{:?}", auth.heads());
}

#[test]
fn a_request_line_that_is_none_is_refused() {
    let (gateway, auth, _) = Gateway::with_one_each();
    for (line, header) in [
        ("rubbish", "Host: a"),
        ("GET /auth/me x HTTP/1.1", "Host: a"),
        ("GET /auth/me HTTP/1.1", "X: no host"),
        ("GET /auth/me HTTP/1.1", "Host: a b"),
        ("GET /auth/me HTTP/1.1", "Host: a/b"),
        ("CONNECT b:80 HTTP/1.1", "Host: a"),
        ("PRI * HTTP/2.0", "Host: a"),
        // Whose host is meant?
        ("GET http://b/auth/me HTTP/1.1", "Host: a"),
        ("GET http://a.b/auth/me HTTP/1.1", "Host: b"),
    ] {
        let request = format!("{line}\r\n{header}\r\nConnection: close\r\n\r\n");
        gateway
            .send(request.as_bytes())
            .assert_problem(400, "malformed_request");
    }
    gateway
        .send(b"GET /auth/me HTTP/2.0\r\nHost: a\r\n\r\n")
        .assert_problem(505, "http_version_not_supported");
    // HTTP/0.9 has no status and no headers: the answer is a problem's body.
    let answer = gateway.send(b"GET /auth/me\r\n").0;
    assert!(answer.starts_with(r#"{"title":"Bad Request""#), "{answer}");
    assert!(auth.heads().is_empty(), "{:?}", auth.heads());
}

/// What nginx is lenient about, it does not pass on: a service sees one request with a length.
#[test]
fn what_is_accepted_reaches_the_service_in_one_form() {
    for (what, request) in [
        (
            "chunks",
            "POST /auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "a chunk extension",
            "POST /auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Transfer-Encoding: CHUNKED\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "trailers",
            "POST /auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 9\r\nHost: b\r\n\r\n",
        ),
        (
            "lines that end in LF alone",
            "POST /auth/login HTTP/1.1\nHost: a\nConnection: close\nContent-Length: 2\n\n{}",
        ),
        (
            "an underscore",
            "POST /auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Transfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
        ),
        (
            "the host twice, alike",
            "POST http://a/auth/login HTTP/1.1\r\nHost: a:80\r\nConnection: close\r\n\
             Content-Length: 2\r\n\r\n{}",
        ),
    ] {
        let (gateway, auth, _) = Gateway::with_one_each();
        assert_eq!(gateway.send(request.as_bytes()).body(), "ok", "{what}");
        let heads = auth.heads();
        assert_eq!(heads.len(), 1, "{what}: {heads:?}");
        let head = &heads[0];
        assert!(
            head.starts_with("POST /auth/login HTTP/1.1\r\n"),
            "{what}: {head}"
        );
        assert_eq!(header(head, "content-length"), ["2"], "{what}");
        assert_eq!(header(head, "host").len(), 1, "{what}");
        for dropped in ["transfer-encoding", "transfer_encoding", "trailer"] {
            assert!(header(head, dropped).is_empty(), "{what}: {head}");
        }
        assert_eq!(
            head.matches('\n').count(),
            head.matches("\r\n").count(),
            "{what}"
        );
    }
}

/// The body of a GET is no request of its own.
#[test]
fn a_request_inside_a_body_is_not_made() {
    let (gateway, auth, _) = Gateway::with_one_each();
    let inner = "GET /auth/sessions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let length = inner.len();
    let answer = gateway.send(
        format!(
            "GET /auth/me HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{inner}\
             GET /auth/verify HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        .as_bytes(),
    );
    assert_eq!(answer.0.matches("HTTP/1.1 200").count(), 2, "{answer:?}");
    let lines: Vec<String> = auth
        .heads()
        .iter()
        .filter_map(|head| head.lines().next().map(str::to_owned))
        .collect();
    assert_eq!(
        lines,
        ["GET /auth/me HTTP/1.1", "GET /auth/verify HTTP/1.1"]
    );
}

#[test]
fn what_is_no_address_reaches_no_service() {
    let (gateway, auth, _) = Gateway::with_one_each();
    for target in [
        &b"/auth/<me>"[..],
        b"/auth/me?a=\"b\"",
        b"/auth/`me`",
        b"/auth/me#part",
        b"/auth/m\xc3\xa9",
        b"/auth/me?\xff",
    ] {
        let request = [
            b"GET ",
            target,
            b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        ];
        gateway
            .send(&request.concat())
            .assert_problem(400, "malformed_request");
    }
    assert!(auth.heads().is_empty());
    let all_others = "/auth/!$&'()*+,-./0:;=?@AZ[\\]^_az{|}~%20";
    assert_eq!(gateway.request("GET", all_others, "").body(), "ok");
}
