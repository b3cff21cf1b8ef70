//! Two real auth servers on one real Postgres whose clock a test sets, and calls to them.

use std::fmt::{self, Debug, Formatter};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local_run::daemon::Daemon;
use local_run::postgres::Server;
use local_run::stack::{Stack, StackSettings};
use local_run::temporary::TemporaryDirectory;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::{Clock, Moment};

/// Far above what any call takes.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often replicas may be too busy.
const TOO_BUSY: usize = 1_000;
const PASSWORD: &str = "a lantern in the 7th harbour";
const COOKIE_NAME: &str = "__Host-refresh_token=";

/// The servers, and the clock that their sessions live by.
pub(crate) struct Servers {
    http: reqwest::Client,
    urls: Vec<String>,
    turn: AtomicUsize,
    too_busy: AtomicUsize,
    clock: Clock,
    stack: Stack,
    /// Removed after the stack has stopped.
    _directory: TemporaryDirectory,
}

/// Where a call comes from, as the sessions and events will tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    pub(crate) ip: String,
    pub(crate) user_agent: String,
}

/// Where a client keeps its refresh token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Storage {
    /// In the cookie jar that the tabs of a browser share.
    CookieJar,
    /// In a place of its own; the token travels in bodies.
    Own,
}

/// What is asked of a server.
#[derive(Clone)]
pub(crate) enum Ask {
    Register {
        name: String,
    },
    LogIn {
        name: String,
        presented: Option<String>,
    },
    Refresh {
        token: String,
    },
    LogOut {
        token: String,
    },
}

/// What a server says. It does not print the token.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Said {
    /// A refresh token of this session.
    Token { session: Uuid, token: String },
    /// Logged out.
    Done,
    /// 401, with this code.
    Refused(String),
}

impl Debug for Said {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { session, .. } => write!(f, "a token of {session}"),
            Self::Done => f.write_str("done"),
            Self::Refused(code) => f.write_str(code),
        }
    }
}

impl Servers {
    /// Two replicas with the settings that people have, but for these.
    pub(crate) fn start(settings_of_the_test: &[(&str, &str)]) -> Self {
        let directory = TemporaryDirectory::new("people").unwrap();
        let clock = Clock::new(directory.path());
        let mut settings = StackSettings::for_tests(directory.path()).unwrap();
        settings.auth_servers = 2;
        settings.postgres_environment = clock.environment();
        settings.set_auth("RUST_LOG", "warn");
        // The lowest cost there is, and no throttle: this is not about guessing passwords.
        settings.set_auth("AUTH_BCRYPT_COST", "10");
        settings.set_auth("AUTH_THROTTLE", "off");
        for (name, value) in settings_of_the_test {
            settings.set_auth(name, value);
        }
        let stack = Stack::start(&settings).unwrap();
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT);
        Self {
            http: http.build().unwrap(),
            urls: stack.auth_servers.iter().map(Daemon::url).collect(),
            turn: AtomicUsize::new(0),
            too_busy: AtomicUsize::new(0),
            clock,
            stack,
            _directory: directory,
        }
    }

    /// Sets the database's clock. Nothing may be under way.
    pub(crate) fn set_clock(&self, moment: Moment) {
        self.clock.set(moment);
    }

    /// The database server.
    pub(crate) fn postgres(&self) -> &Server {
        self.stack.postgres.server()
    }

    /// How often a replica was too busy to ask its database, and was asked again.
    pub(crate) fn too_busy(&self) -> usize {
        self.too_busy.load(Ordering::Relaxed)
    }

    /// Asks one of the replicas, the other than the time before.
    ///
    /// A 503 decides nothing, and the clock stands still: whoever gets one asks again.
    pub(crate) async fn ask(&self, ask: &Ask, storage: Storage, origin: &Origin) -> Said {
        loop {
            if let Some(said) = self.ask_once(ask, storage, origin).await {
                return said;
            }
            let before = self.too_busy.fetch_add(1, Ordering::Relaxed);
            assert!(before < TOO_BUSY, "this machine is too slow");
        }
    }

    async fn ask_once(&self, ask: &Ask, storage: Storage, origin: &Origin) -> Option<Said> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let url = &self.urls[turn % self.urls.len()];
        let (path, body, cookie) = wire(ask, storage);
        let mut call = self
            .http
            .post(format!("{url}{path}"))
            // The replicas believe this machine, as they believe the gateway.
            .header("x-forwarded-for", &origin.ip)
            .header("user-agent", &origin.user_agent);
        if let Some(body) = body {
            call = call.json(&body);
        }
        if storage == Storage::CookieJar {
            call = call.header("sec-fetch-site", "same-origin");
        }
        if let Some(token) = &cookie {
            call = call.header(COOKIE, format!("{COOKIE_NAME}{token}"));
        }
        let answer = call.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let said = match status {
            200 | 201 => {
                let body: Value = serde_json::from_str(&text).unwrap();
                let token = match storage {
                    // What is not set anew stays as it was.
                    Storage::CookieJar => token_in_cookie(&headers).or(cookie),
                    Storage::Own => body["refresh_token"].as_str().map(str::to_owned),
                };
                Said::Token {
                    session: body["session_id"].as_str().unwrap().parse().unwrap(),
                    token: token.unwrap(),
                }
            }
            204 => Said::Done,
            401 => {
                let problem: Value = serde_json::from_str(&text).unwrap();
                Said::Refused(problem["code"].as_str().unwrap().to_owned())
            }
            503 => return None,
            _ => panic!("{path} was answered with {status}: {text}"),
        };
        Some(said)
    }
}

/// The path, the body and the cookie of a call.
fn wire(ask: &Ask, storage: Storage) -> (&'static str, Option<Value>, Option<String>) {
    let delivery = match storage {
        Storage::CookieJar => "cookie",
        Storage::Own => "body",
    };
    let in_place = |token: &String| match storage {
        Storage::CookieJar => (None, Some(token.clone())),
        Storage::Own => (Some(json!({ "refresh_token": token })), None),
    };
    match ask {
        Ask::Register { name } => {
            let email = format!("{name}@example.org");
            let body = json!({"username": name, "email": email, "password": PASSWORD, "delivery": delivery});
            ("/auth/register", Some(body), None)
        }
        Ask::LogIn { name, presented } => {
            let body = json!({"username": name, "password": PASSWORD, "delivery": delivery});
            ("/auth/login", Some(body), presented.clone())
        }
        Ask::Refresh { token } => {
            let (body, cookie) = in_place(token);
            ("/auth/refresh", body, cookie)
        }
        Ask::LogOut { token } => {
            let (body, cookie) = in_place(token);
            ("/auth/logout", body, cookie)
        }
    }
}

fn token_in_cookie(headers: &HeaderMap) -> Option<String> {
    headers.get_all(SET_COOKIE).iter().find_map(|line| {
        let value = line.to_str().ok()?.strip_prefix(COOKIE_NAME)?;
        Some(value.split(';').next()?.to_owned())
    })
}
