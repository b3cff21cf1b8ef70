//! Someone's notes, and what they know of them: the ledger of the notes API.

use std::collections::VecDeque;

use e2e::client::{Answer, Call};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::books::Books;
use super::session::{AccessToken, judge};
use super::voice::{Final, Voice, told};

/// How many notes someone keeps.
const KEPT: usize = 12;
/// How many of the latest writes are asked for again.
const SAMPLE: usize = 3;

/// Someone who writes notes, changes them, reads them and throws the oldest away.
pub(crate) struct Notebook {
    pub(crate) voice: Voice,
    access_token: watch::Receiver<AccessToken>,
    /// The oldest first.
    notes: VecDeque<Note>,
    deleted: Vec<Uuid>,
    written: u64,
}

/// A note as its owner knows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) id: Uuid,
    pub(crate) entity_tag: String,
    pub(crate) title: String,
    pub(crate) body: String,
}

impl Notebook {
    pub(crate) fn new(voice: Voice, access_token: watch::Receiver<AccessToken>) -> Self {
        Self {
            voice,
            access_token,
            notes: VecDeque::new(),
            deleted: Vec::new(),
            written: 0,
        }
    }

    /// Some of everything.
    pub(crate) async fn work(&mut self) {
        self.write().await;
        self.replace_one().await;
        self.read_one().await;
        if self.notes.len() > KEPT {
            self.delete_oldest().await;
        }
    }

    /// Compares the ledger with what the service answers, and gives it back for the database.
    pub(crate) async fn check(&mut self) -> Books {
        // The database is asked for all of them.
        for index in self.notes.len().saturating_sub(SAMPLE)..self.notes.len() {
            self.read(index).await;
        }
        for id in self.deleted.iter().rev().take(SAMPLE) {
            let path = format!("/notes/{id}");
            let gone = self.call(|| self.voice.client.get(&path)).await.answer;
            if gone.status != 404 {
                self.voice
                    .tally
                    .lost(format!("a deletion: {}", told(&gone)));
            }
        }
        Books {
            kept: self.notes.iter().cloned().collect(),
            deleted: self.deleted.clone(),
            ..Books::default()
        }
    }

    /// Written twice where the first answer was lost, the first one stays, unknown to its owner.
    async fn write(&mut self) {
        let content = self.content();
        let call = || self.voice.client.post("/notes").json(&content);
        let answer = self.call(call).await.answer;
        if answer.status == 201 {
            self.voice.tally.acknowledged();
            self.notes.push_back(Note::of(&answer));
        } else {
            self.voice
                .tally
                .unexpected(format!("writing a note: {}", told(&answer)));
        }
    }

    async fn replace_one(&mut self) {
        let index = self.some();
        let content = self.content();
        let (path, entity_tag) = (self.path(index), self.notes[index].entity_tag.clone());
        let call = || {
            let put = self.voice.client.call("PUT".parse().unwrap(), &path);
            put.header("if-match", &entity_tag).json(&content)
        };
        let Final { answer, .. } = self.call(call).await;
        let answer = match answer.status {
            // The gateway repeats a PUT whose replica died, and so does its owner: then it may be done.
            412 => self.call(|| self.voice.client.get(&path)).await.answer,
            _ => answer,
        };
        let done = answer.status == 200
            && answer.body["title"] == content["title"]
            && answer.body["body"] == content["body"];
        if done {
            self.voice.tally.acknowledged();
            self.notes[index] = Note::of(&answer);
        } else {
            let what = format!("replacing {path}, {entity_tag}: {}", told(&answer));
            self.voice.tally.lost(what);
        }
    }

    async fn read_one(&self) {
        self.read(self.some()).await;
    }

    async fn read(&self, index: usize) {
        let path = self.path(index);
        let answer = self.call(|| self.voice.client.get(&path)).await.answer;
        if answer.status != 200 || Note::of(&answer) != self.notes[index] {
            let known = &self.notes[index].entity_tag;
            self.voice
                .tally
                .lost(format!("the note at {path}, {known}: {}", told(&answer)));
        }
    }

    async fn delete_oldest(&mut self) {
        self.read(0).await;
        let path = self.path(0);
        let delete = || self.voice.client.call("DELETE".parse().unwrap(), &path);
        let answer = self.call(delete).await.answer;
        // It was there a moment ago: gone, it was deleted by an attempt whose answer was lost.
        if matches!(answer.status, 204 | 404) {
            self.voice.tally.acknowledged();
            self.deleted
                .extend(self.notes.pop_front().map(|note| note.id));
        } else {
            self.voice
                .tally
                .unexpected(format!("deleting a note: {}", told(&answer)));
        }
    }

    /// Calls with the newest access token. One that is refused is complained about, and the call made
    /// again with the next one.
    async fn call(&self, call: impl Fn() -> Call) -> Final {
        let mut receiver = self.access_token.clone();
        loop {
            let token = receiver.borrow_and_update().clone();
            let done = self.voice.insist(|| call().bearer(&token.text)).await;
            if judge(&self.voice, &token, &done.answer) {
                return done;
            }
            // The account has ended with the crowd where this fails.
            if receiver.changed().await.is_err() {
                return done;
            }
        }
    }

    fn content(&mut self) -> Value {
        self.written += 1;
        let words = usize::try_from(self.written % 40).unwrap();
        json!({
            "title": format!("Log entry {}", self.written),
            "body": format!("Light {} burns. {}", self.written, "Nothing to report. ".repeat(words)),
        })
    }

    /// Another one each time.
    fn some(&self) -> usize {
        usize::try_from(self.written).unwrap() * 7 % self.notes.len()
    }

    fn path(&self, index: usize) -> String {
        format!("/notes/{}", self.notes[index].id)
    }
}

impl Note {
    fn of(answer: &Answer) -> Self {
        Self {
            id: answer.text("id").parse().unwrap(),
            entity_tag: answer.header("etag").to_owned(),
            title: answer.text("title").to_owned(),
            body: answer.text("body").to_owned(),
        }
    }
}
