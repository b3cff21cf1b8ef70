//! A client of the gateway, and of a service behind it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{ClientBuilder, Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use uuid::Uuid;

/// Far above what any call takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A password that is accepted.
pub const PASSWORD: &str = "a lantern in the 7th harbour";
/// Where the refresh token is kept in a browser.
pub const REFRESH_COOKIE: &str = "__Host-refresh_token";
/// Where the device token is kept in a browser.
pub const DEVICE_COOKIE: &str = "__Host-device";

/// Calls one origin. Keeps no cookies: tests send them by hand.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Where it calls: an origin without a slash at its end.
    pub url: String,
}

/// Someone, and their tokens from a delivery in the body.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The `sub` claim.
    pub id: String,
    /// The name that was registered.
    pub username: String,
    /// The public id of the session.
    pub session: Uuid,
    /// The one that came with the registration.
    pub access_token: String,
    /// The one that came with the registration.
    pub refresh_token: String,
    /// That of the device on which they registered; the previous release gave none.
    pub device_token: Option<String>,
}

impl Client {
    /// A client of the origin `url`.
    pub fn new(url: String) -> Self {
        Self::of(url, reqwest::Client::builder())
    }

    /// The same with an address of its own, of 127.0.0.0/8.
    pub fn calling_from(url: String, address: IpAddr) -> Self {
        Self::of(url, reqwest::Client::builder().local_address(address))
    }

    fn of(url: String, http: ClientBuilder) -> Self {
        let http = http
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .unwrap();
        Self { http, url }
    }

    /// `GET path`.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// `POST path`.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// `method path`.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call(self.http.request(method, format!("{}{path}", self.url)))
    }

    /// Registers someone new, with tokens in the body.
    pub async fn register(&self) -> SignedIn {
        let username = new_username();
        let answer = self.register_as(&username).await;
        answer.assert_status(201);
        SignedIn::of(&username, &answer)
    }

    /// Registers someone of this name.
    pub async fn register_as(&self, username: &str) -> Answer {
        let body = json!({
            "username": username,
            "email": format!("{username}@example.org"),
            "password": PASSWORD,
            "delivery": "body",
        });
        self.post("/auth/register").json(&body).send().await
    }

    /// Opens another session of the same person, with tokens in the body.
    pub async fn log_in(&self, username: &str) -> Answer {
        let body = json!({"username": username, "password": PASSWORD, "delivery": "body"});
        self.post("/auth/login").json(&body).send().await
    }

    /// The same from a device on which they have logged in before.
    pub async fn log_in_from_device(&self, person: &SignedIn) -> Answer {
        let body = json!({"username": person.username, "password": PASSWORD, "delivery": "body"});
        self.post("/auth/login")
            .cookie(DEVICE_COOKIE, person.device_token.as_ref().unwrap())
            .json(&body)
            .send()
            .await
    }

    /// Exchanges a refresh token, sent in the body.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        let body = json!({ "refresh_token": refresh_token });
        self.post("/auth/refresh").json(&body).send().await
    }

    /// Writes a note with this title.
    pub async fn write_note(&self, access_token: &str, title: &str) -> Answer {
        let body = json!({"title": title, "body": "The lantern is in the seventh boat."});
        self.post("/notes")
            .bearer(access_token)
            .json(&body)
            .send()
            .await
    }
}

/// A name that nobody has yet.
pub fn new_username() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("person-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// One of the loopback addresses, from which a client may call as from a network of its own.
pub fn loopback_address(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low).into()
}

/// The token with another first letter of its signature.
pub fn altered(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", &signature[1..])
}

impl SignedIn {
    fn of(username: &str, answer: &Answer) -> Self {
        Self {
            id: answer.body["user"]["id"].as_str().unwrap().to_owned(),
            username: username.to_owned(),
            session: answer.text("session_id").parse().unwrap(),
            access_token: answer.text("access_token").to_owned(),
            refresh_token: answer.text("refresh_token").to_owned(),
            device_token: answer.set_cookie(DEVICE_COOKIE).map(|(token, _)| token),
        }
    }
}

/// A call in the making.
pub struct Call(RequestBuilder);

impl Call {
    /// With this JSON as its body.
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// With this body of this media type.
    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header("content-type", content_type).body(body))
    }

    /// With one more header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// With an access token in the `Authorization` header.
    pub fn bearer(self, access_token: &str) -> Self {
        Self(self.0.bearer_auth(access_token))
    }

    /// With this cookie and no other.
    pub fn cookie(self, name: &str, value: &str) -> Self {
        self.header("cookie", &format!("{name}={value}"))
    }

    /// Sends it, and reads the answer to its end.
    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// The same where the connection may be lost before the answer's end.
    ///
    /// # Errors
    ///
    /// How it was lost.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        Answer::read(self.0.send().await?).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// Its JSON; null for an empty body, a string for any other text.
    pub body: Value,
}

impl Answer {
    /// Whoever answers, a service or the gateway: an error is a problem (RFC 9457).
    async fn read(response: Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = match text.as_str() {
            "" => Value::Null,
            _ => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        let answer = Self {
            status,
            headers,
            body,
        };
        if status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.body["status"], status);
            assert!(answer.body["code"].is_string() && answer.body["detail"].is_string());
            // A rolling upgrade meets releases that did not have it.
            if let Some(id) = answer.body.get("request_id") {
                assert_eq!(id, answer.header("x-request-id"));
            }
        }
        Ok(answer)
    }

    #[track_caller]
    /// Fails unless the status is this one.
    pub fn assert_status(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
    }

    #[track_caller]
    /// Fails unless it is a problem of this status and code.
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }

    /// A problem's code, or nothing.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A text in the body.
    #[track_caller]
    pub fn text(&self, member: &str) -> &str {
        match self.body[member].as_str() {
            Some(text) => text,
            None => panic!("no {member} in {}", self.body),
        }
    }

    #[track_caller]
    /// The header of this name, which must be there.
    pub fn header(&self, name: &str) -> &str {
        match self.headers.get(name) {
            Some(value) => value.to_str().unwrap(),
            None => panic!("no {name} in {:?}", self.headers),
        }
    }

    /// The `Set-Cookie` of this name: its value, and its attributes in alphabetical order.
    pub fn set_cookie(&self, name: &str) -> Option<(String, Vec<String>)> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        let mut found = lines.filter_map(|line| {
            let mut parts = line.to_str().unwrap().split("; ");
            let value = parts.next()?.strip_prefix(name)?.strip_prefix('=')?;
            let mut attributes: Vec<String> = parts.map(str::to_owned).collect();
            attributes.sort();
            Some((value.to_owned(), attributes))
        });
        let cookie = found.next();
        assert!(found.next().is_none(), "{name} is set twice");
        cookie
    }
}
