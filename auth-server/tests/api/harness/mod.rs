//! A server of its own for each test, and a client that knows what the OpenAPI document allows.

mod binary;
mod call;
mod command;
mod cookie;
mod database;
mod problem;
mod server;
mod token;

use std::{fmt::Write, time::Duration};

pub(crate) use binary::Binary;
pub(crate) use call::{Answer, Call};
pub(crate) use command::{Outcome, run, run_reading, run_with};
pub(crate) use cookie::SetCookie;
pub(crate) use database::Database;
pub(crate) use local_run::postgres::Proxy;
pub(crate) use server::{TestServer, registration};
pub(crate) use token::{active_key, claims, forge, header, sign};

/// The master key of all tests.
pub(crate) const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Another one.
pub(crate) const OTHER_MASTER_KEY: &str = "/+7dzLuqmYh3ZlVEMyIRAP/u3cy7qpmId2ZVRDMiEQA=";
/// The public origin of all tests.
pub(crate) const ISSUER: &str = "http://localhost:8080";
/// A password that is accepted.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// Another one.
pub(crate) const OTHER_PASSWORD: &str = "a quieter horse with fewer batteries";

/// Bytes as Postgres writes them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Waits for what announces itself to nobody, by looking again and again.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(30), look).await;
    assert!(outcome.is_ok(), "{what}: not within half a minute");
}
