//! Someone's account and sessions, and what they know of them: the ledger of the auth server.

use std::collections::VecDeque;

use e2e::client::{PASSWORD, new_username};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::books::Books;
use super::session::{AccessToken, Session, credentials, judge, open_session, refresh};
use super::voice::{Final, Voice, told};

/// How many devices someone is logged in on, beside the one at home.
const DEVICES: usize = 3;
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

fn registration(username: &str) -> serde_json::Value {
    json!({
        "username": username,
        "email": format!("{username}@example.org"),
        "password": PASSWORD,
        "delivery": "body",
    })
}
