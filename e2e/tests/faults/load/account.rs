//! Someone's account and sessions, and what they know of them: the ledger of the auth server.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::client::{Answer, PASSWORD, new_username};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::books::Books;
use super::voice::{Final, Voice, told};

/// How many devices someone is logged in on, beside the one at home.
const DEVICES: usize = 3;
/// How many of a session's latest access tokens are remembered.
pub(crate) const ACCESS_TOKENS: usize = 2;
/// A login costs a password hash: so not in every round.
const ROUNDS_PER_LOGIN: u64 = 6;
const ROUNDS_PER_NEWCOMER: u64 = 30;

/// Someone who signs in on devices, refreshes, logs out, and brings others in.
pub(crate) struct Account {
    pub(crate) voice: Voice,
    username: String,
    /// Never logged out: its access tokens are those that the notes are written with.
    home: Session,
    /// The oldest first.
    devices: VecDeque<Session>,
    /// Logged out, each with its last refresh token.
    ended: Vec<Session>,
    newcomers: Vec<Newcomer>,
    /// How many of them there were when the latest was last asked to log in.
    greeted: usize,
    access_token: watch::Sender<AccessToken>,
    round: u64,
}

/// A session as its holder knows it.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) refresh_token: String,
    /// How many different successors its refresh tokens have had: what the row's generation must be.
    pub(crate) successors: i64,
    access_tokens: VecDeque<Arc<AccessToken>>,
}

/// An access token, and until when it has to be accepted.
#[derive(Clone)]
pub(crate) struct AccessToken {
    pub(crate) text: String,
    pub(crate) expires: Instant,
}

/// Someone who was registered and then left alone.
#[derive(Clone)]
pub(crate) struct Newcomer {
    username: String,
    pub(crate) user: Uuid,
}

impl Account {
    /// Registers someone, and hands out their access tokens as they come. `round` is where they begin:
    /// not all do the same at the same time.
    pub(crate) async fn open(voice: Voice, round: u64) -> (Self, watch::Receiver<AccessToken>) {
        let username = new_username();
        let body = registration(&username);
        let registered = voice
            .insist(|| voice.client.post("/auth/register").json(&body))
            .await;
        registered.answer.assert_status(201);
        voice.tally.acknowledged();
        let home = Session::of(&registered.answer);
        let (access_token, receiver) = watch::channel(home.newest());
        let account = Self {
            voice,
            username,
            home,
            devices: VecDeque::new(),
            ended: Vec::new(),
            newcomers: Vec::new(),
            greeted: 0,
            access_token,
            round,
        };
        (account, receiver)
    }

    /// Some of everything.
    pub(crate) async fn work(&mut self) {
        self.round += 1;
        self.refresh_at_home().await;
        if let Some(mut device) = self.devices.pop_front()
            && refresh(&self.voice, &mut device).await
        {
            self.devices.push_back(device);
        }
        self.use_access_token().await;
        if self.round % ROUNDS_PER_LOGIN == 1 {
            self.log_in().await;
        }
        if self.devices.len() > DEVICES {
            self.log_out().await;
        }
        if self.round % ROUNDS_PER_NEWCOMER == 2 {
            self.bring_someone().await;
        }
    }

    /// Compares the ledger with what the service answers, and gives it back for the database.
    pub(crate) async fn check(&mut self) -> Books {
        self.refresh_at_home().await;
        let mut devices = std::mem::take(&mut self.devices);
        for mut device in devices.drain(..) {
            if refresh(&self.voice, &mut device).await {
                self.devices.push_back(device);
            }
        }
        for session in std::iter::once(&self.home).chain(&self.devices) {
            for token in &session.access_tokens {
                self.is_accepted("/auth/verify", token).await;
            }
        }
        // Those that were looked at before cannot come to life again: the database says so.
        let ended: Vec<Uuid> = self.ended.iter().map(|session| session.id).collect();
        if let Some(session) = self.ended.last() {
            self.is_dead(session).await;
        }
        if let Some(newcomer) = self.newcomers.last()
            && self.newcomers.len() > self.greeted
        {
            self.greeted = self.newcomers.len();
            let body = credentials(&newcomer.username);
            let call = || self.voice.client.post("/auth/login").json(&body);
            let login = self.voice.insist(call).await.answer;
            if login.status != 200 {
                self.voice
                    .tally
                    .lost(format!("a registration: {}", told(&login)));
            }
        }
        Books {
            living: self.devices.iter().chain([&self.home]).cloned().collect(),
            ended,
            newcomers: self.newcomers.clone(),
            ..Books::default()
        }
    }

    async fn refresh_at_home(&mut self) {
        if !refresh(&self.voice, &mut self.home).await {
            // Counted; they go on with another one.
            self.home = open_session(&self.voice, &self.username).await;
        }
        self.access_token.send_replace(self.home.newest());
    }

    /// A call that looks the session up, and one that does not.
    async fn use_access_token(&self) {
        let token = self.home.newest();
        let accepted = self.is_accepted("/auth/verify", &token).await;
        if accepted && self.is_accepted("/auth/me", &token).await {
            self.voice.progress.served();
        }
    }

    async fn is_accepted(&self, path: &str, token: &AccessToken) -> bool {
        let call = || self.voice.client.get(path).bearer(&token.text);
        let answer = self.voice.repeat(call).await.answer;
        judge(&self.voice, token, &answer)
    }

    async fn log_in(&mut self) {
        let mut device = open_session(&self.voice, &self.username).await;
        // The token of a login may be succeeded at once: a rotation that writes.
        if refresh(&self.voice, &mut device).await {
            self.devices.push_back(device);
        }
    }

    async fn log_out(&mut self) {
        let Some(session) = self.devices.pop_front() else {
            return;
        };
        let body = json!({"refresh_token": session.refresh_token});
        let call = || self.voice.client.post("/auth/logout").json(&body);
        let answer = self.voice.insist(call).await.answer;
        if answer.status == 204 {
            self.voice.tally.acknowledged();
        } else {
            let what = format!("logging out: {}", told(&answer));
            self.voice.tally.unexpected(what);
        }
        self.is_dead(&session).await;
        self.ended.push(session);
    }

    /// A logout is lost when the session goes on.
    async fn is_dead(&self, session: &Session) {
        let body = json!({"refresh_token": session.refresh_token});
        let call = || self.voice.client.post("/auth/refresh").json(&body);
        let answer = self.voice.insist(call).await.answer;
        if (answer.status, answer.code()) != (401, "session_revoked") {
            let what = format!("the logout of {}: {}", session.id, told(&answer));
            self.voice.tally.lost(what);
        }
    }

    async fn bring_someone(&mut self) {
        let username = new_username();
        let body = registration(&username);
        let call = || self.voice.client.post("/auth/register").json(&body);
        let Final { answer, repeated } = self.voice.insist(call).await;
        // Told that the name is taken, someone who got no answer before was registered then.
        let answer = if repeated && answer.code() == "username_taken" {
            let body = credentials(&username);
            let call = || self.voice.client.post("/auth/login").json(&body);
            self.voice.insist(call).await.answer
        } else {
            answer
        };
        match answer.body["user"]["id"].as_str() {
            Some(user) => {
                self.voice.tally.acknowledged();
                let user = user.parse().unwrap();
                self.newcomers.push(Newcomer { username, user });
            }
            None => self
                .voice
                .tally
                .unexpected(format!("a registration: {}", told(&answer))),
        }
    }
}

/// Exchanges the session's refresh token, as often as it takes. Whether the session goes on.
async fn refresh(voice: &Voice, session: &mut Session) -> bool {
    let body = json!({"refresh_token": session.refresh_token});
    let call = || voice.client.post("/auth/refresh").json(&body);
    let answer = voice.insist(call).await.answer;
    if answer.status != 200 {
        let whose = format!("{}: {}", session.id, told(&answer));
        match answer.status {
            401 => voice.tally.false_logout(whose),
            _ => voice.tally.unexpected(whose),
        }
        return false;
    }
    voice.tally.acknowledged();
    let refreshed = answer.text("refresh_token");
    if refreshed != session.refresh_token {
        refreshed.clone_into(&mut session.refresh_token);
        session.successors += 1;
    }
    session.remember(&answer);
    true
}

async fn open_session(voice: &Voice, username: &str) -> Session {
    let body = credentials(username);
    let call = || voice.client.post("/auth/login").json(&body);
    let answer = voice.insist(call).await.answer;
    if answer.status != 200 {
        voice.tally.lost(format!("an account: {}", told(&answer)));
    }
    answer.assert_status(200);
    voice.tally.acknowledged();
    Session::of(&answer)
}

/// Whether the token was accepted, and a complaint where it should have been.
pub(crate) fn judge(voice: &Voice, token: &AccessToken, answer: &Answer) -> bool {
    if answer.status == 401 && Instant::now() < token.expires {
        voice.tally.false_401(told(answer));
    }
    answer.status != 401
}

fn registration(username: &str) -> serde_json::Value {
    json!({
        "username": username,
        "email": format!("{username}@example.org"),
        "password": PASSWORD,
        "delivery": "body",
    })
}

fn credentials(username: &str) -> serde_json::Value {
    json!({"username": username, "password": PASSWORD, "delivery": "body"})
}

impl Session {
    /// The session of a login or registration.
    fn of(answer: &Answer) -> Self {
        let mut session = Self {
            id: answer.text("session_id").parse().unwrap(),
            refresh_token: answer.text("refresh_token").to_owned(),
            successors: 0,
            access_tokens: VecDeque::new(),
        };
        session.remember(answer);
        session
    }

    fn remember(&mut self, answer: &Answer) {
        let lifetime = answer.body["expires_in"].as_u64().unwrap();
        self.access_tokens.push_back(Arc::new(AccessToken {
            text: answer.text("access_token").to_owned(),
            expires: Instant::now() + Duration::from_secs(lifetime),
        }));
        if self.access_tokens.len() > ACCESS_TOKENS {
            self.access_tokens.pop_front();
        }
    }

    fn newest(&self) -> AccessToken {
        let newest = self.access_tokens.back();
        newest.unwrap().as_ref().clone()
    }
}
