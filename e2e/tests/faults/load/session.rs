//! A session, and what its holder knows of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::client::{Answer, PASSWORD};
use serde_json::json;
use uuid::Uuid;

use super::voice::{Voice, told};

/// How many of a session's latest access tokens are remembered.
pub(crate) const ACCESS_TOKENS: usize = 2;

/// A session as its holder knows it.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) refresh_token: String,
    /// How many different successors its refresh tokens have had: what the row's generation must be.
    pub(crate) successors: i64,
    pub(super) access_tokens: VecDeque<Arc<AccessToken>>,
}

/// An access token, and until when it has to be accepted.
#[derive(Clone)]
pub(crate) struct AccessToken {
    pub(crate) text: String,
    pub(crate) expires: Instant,
}

impl Session {
    /// The session of a login or registration.
    pub(super) fn of(answer: &Answer) -> Self {
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

    /// The one to call with.
    pub(super) fn newest(&self) -> AccessToken {
        let newest = self.access_tokens.back();
        newest.unwrap().as_ref().clone()
    }
}

/// Exchanges the session's refresh token, as often as it takes. Whether the session goes on.
pub(super) async fn refresh(voice: &Voice, session: &mut Session) -> bool {
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

/// Logs in once more.
pub(super) async fn open_session(voice: &Voice, username: &str) -> Session {
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

/// What someone logs in with.
pub(super) fn credentials(username: &str) -> serde_json::Value {
    json!({"username": username, "password": PASSWORD, "delivery": "body"})
}
