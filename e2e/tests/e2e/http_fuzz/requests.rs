//! Good requests, and the same with their parts edited.

use std::fmt;

use fuzzing::{bytes, json};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::harness::client::{PASSWORD, REFRESH_COOKIE, new_username};

/// What good requests are made of.
pub(super) struct Material {
    pub(super) username: String,
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    pub(super) note: String,
}

/// A request that HTTP can frame, with anything in its parts.
pub(super) struct Request {
    pub(super) method: String,
    path: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn is_for_notes(&self) -> bool {
        self.path.starts_with(b"/notes")
    }

    /// Whether its address is one (RFC 3986, and what browsers leave as it is), and its headers are
    /// without control characters.
    pub(super) fn is_http(&self) -> bool {
        let is_of_an_address = |byte: &u8| byte.is_ascii_graphic() && !b"\"#<>`".contains(byte);
        self.path.iter().all(is_of_an_address) && self.has_values_of_http()
    }

    /// Whether its headers are without control characters.
    pub(super) fn has_values_of_http(&self) -> bool {
        let is_of_a_value = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
        let mut values = self.headers.iter().flat_map(|(_, value)| value);
        values.all(is_of_a_value)
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut text = format!("{} ", self.method).into_bytes();
        text.extend_from_slice(&self.path);
        text.extend_from_slice(b" HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in &self.headers {
            text.extend_from_slice(format!("{name}: ").as_bytes());
            text.extend_from_slice(value);
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        text.extend_from_slice(&self.body);
        text
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.write().escape_ascii())
    }
}

/// Headers that a client may send at any time.
const HEADERS: [(&str, &str); 16] = [
    ("Accept", "application/json"),
    ("Accept-Encoding", "gzip, br"),
    ("Content-Type", "application/json; charset=utf-8"),
    (
        "Cookie",
        "__Host-access_token=abc; __Host-refresh_token=abc",
    ),
    ("Expect", "100-continue"),
    ("Forwarded", "for=192.0.2.1"),
    ("If-Match", "\"1\", W/\"2\""),
    ("If-Modified-Since", "Sat, 21 Nov 2026 08:00:00 GMT"),
    ("If-None-Match", "\"1\""),
    ("Origin", "http://localhost:8080"),
    ("Range", "bytes=0-1"),
    ("Sec-Fetch-Site", "same-origin"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
    ("X-Forwarded-For", "192.0.2.1, 127.0.0.1"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Request-Id", "0"),
];

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW",
];

/// Edits requests.
pub(super) struct Mutator(TestRunner);

impl Mutator {
    pub(super) fn new() -> Self {
        Self(TestRunner::default())
    }

    pub(super) fn chance(&mut self, of: f64) -> bool {
        self.pick(prop::bool::weighted(of))
    }

    /// A good request, edited in some of its parts.
    pub(super) fn request(&mut self, material: &Material) -> Request {
        let (method, path, body) = self.good(material);
        let method = if self.chance(0.05) {
            self.pick(prop::sample::select(&METHODS[..])).to_owned()
        } else {
            method.to_owned()
        };
        let mut headers: Vec<(&'static str, Vec<u8>)> = Vec::new();
        if !self.chance(0.05) {
            let bearer = format!("Bearer {}", material.access_token);
            headers.push(("Authorization", self.edited(0.1, &bearer)));
        }
        if path == "/auth/refresh" && body.is_null() {
            let cookie = format!("{REFRESH_COOKIE}={}", material.refresh_token);
            headers.push(("Cookie", self.edited(0.3, &cookie)));
            headers.push(("Sec-Fetch-Site", self.edited(0.1, "same-origin")));
        }
        let mut sent = Vec::new();
        if !body.is_null() {
            headers.push(("Content-Type", self.edited(0.1, "application/json")));
            sent = if self.chance(0.9) {
                self.pick(json(&body)).to_vec()
            } else {
                self.pick(bytes([body.to_string()])).to_vec()
            };
        }
        while self.chance(0.3) {
            let (name, value) = self.pick(prop::sample::select(&HEADERS[..]));
            headers.push((name, self.edited(0.7, value)));
        }
        for (_, value) in &mut headers {
            // These would end the header.
            value.retain(|byte| !b"\r\n\0".contains(byte));
        }
        let mut path = self.edited(0.3, &path);
        // These would end the request line, or leave no path.
        path.retain(|byte| *byte > b' ' && *byte != 0x7f);
        if path.first() != Some(&b'/') {
            path.insert(0, b'/');
        }
        Request {
            method,
            path,
            headers,
            body: sent,
        }
    }

    /// A method, a path, and a body or null.
    fn good(&mut self, material: &Material) -> (&'static str, String, Value) {
        let Material {
            refresh_token,
            note,
            ..
        } = material;
        let note_body = json!({"title": "Shopping", "body": "Milk, eggs."});
        let mut good = vec![
            ("GET", "/notes".to_owned(), Value::Null),
            (
                "GET",
                "/notes?query=milk&limit=2&cursor=AZpbLnxNfo-aCxwtPk9aaw".to_owned(),
                Value::Null,
            ),
            ("POST", "/notes".to_owned(), note_body.clone()),
            ("GET", format!("/notes/{note}"), Value::Null),
            ("PUT", format!("/notes/{note}"), note_body),
            ("GET", "/auth/me".to_owned(), Value::Null),
            (
                "PATCH",
                "/auth/me".to_owned(),
                json!({"full_name": "Ada Lovelace"}),
            ),
            ("GET", "/auth/sessions".to_owned(), Value::Null),
            (
                "DELETE",
                "/auth/sessions/019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b".to_owned(),
                Value::Null,
            ),
            ("GET", "/auth/verify".to_owned(), Value::Null),
            ("GET", "/auth/events?limit=5".to_owned(), Value::Null),
            (
                "POST",
                "/auth/refresh".to_owned(),
                json!({"refresh_token": refresh_token}),
            ),
            ("POST", "/auth/refresh".to_owned(), Value::Null),
            ("GET", "/.well-known/jwks.json".to_owned(), Value::Null),
            (
                "GET",
                "/.well-known/revocations.jwt".to_owned(),
                Value::Null,
            ),
            (
                "GET",
                "/.well-known/openid-configuration".to_owned(),
                Value::Null,
            ),
            ("GET", "/api-docs/auth/openapi.json".to_owned(), Value::Null),
            (
                "POST",
                "/auth/password/advice".to_owned(),
                json!({"password": PASSWORD, "username": "ada", "email": "ada@exam"}),
            ),
        ];
        // Seldom, as they hash a password or end something.
        if self.chance(0.05) {
            let username = new_username();
            good = vec![
                ("DELETE", format!("/notes/{note}"), Value::Null),
                ("POST", "/auth/login".to_owned(), material.log_in()),
                (
                    "POST",
                    "/auth/register".to_owned(),
                    json!({
                        "username": username,
                        "email": format!("{username}@example.org"),
                        "password": PASSWORD,
                        "full_name": "Ada Lovelace",
                    }),
                ),
                (
                    "POST",
                    "/auth/password".to_owned(),
                    json!({"current_password": PASSWORD, "new_password": PASSWORD}),
                ),
                (
                    "DELETE",
                    "/auth/me".to_owned(),
                    json!({"password": PASSWORD}),
                ),
                (
                    "POST",
                    "/auth/logout".to_owned(),
                    json!({"scope": "others", "refresh_token": refresh_token}),
                ),
            ];
        }
        self.pick(prop::sample::select(good))
    }

    /// The text, edited or not.
    fn edited(&mut self, chance: f64, good: &str) -> Vec<u8> {
        if self.chance(chance) {
            self.pick(bytes([good])).to_vec()
        } else {
            good.as_bytes().to_vec()
        }
    }

    fn pick<S: Strategy>(&mut self, from: S) -> S::Value {
        from.new_tree(&mut self.0).unwrap().current()
    }
}
