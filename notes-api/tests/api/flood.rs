//! R23: ten thousand tokens with made-up keys, in between honest requests, against the binary with
//! its default settings. `cargo test --release` gives the figure that counts.

use std::{net::SocketAddr, thread, time::Duration};

use actix_web::rt::System;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, MissedTickBehavior, interval},
};
use uuid::Uuid;

use crate::harness::{Binary, Database, ISSUER, Issuer, TestService};

/// Rounds of one second without a flood and one second with it.
const ROUNDS: usize = 10;
const ROUND: Duration = Duration::from_secs(1);
/// Made-up keys in a round.
const FLOOD: usize = 1_000;
/// Honest people, each of whom calls every few milliseconds and waits for the answer, so that a busy
/// machine is not asked for more than it can do.
const PEOPLE: usize = 4;
const CALL_EVERY: Duration = Duration::from_millis(10);
/// For how long after a fetch that an unknown key caused there is no other one.
const COOLDOWN: u64 = 10;

#[actix_web::test]
async fn ten_thousand_made_up_keys_cost_one_fetch_per_cooldown_and_honest_callers_nothing() {
    let issuer = Issuer::start();
    let database = Database::new();
    let service = Binary::start(&[
        ("NOTES_DATABASE_URL", &database.service_url()),
        ("NOTES_JWKS_URL", &issuer.jwks_url()),
        ("NOTES_ISSUER", ISSUER),
    ]);
    let honest = Honest::get_ready(service.address()).await;
    honest.call_for(ROUND).await;
    let fetches_before = issuer.hits();

    let begun = Instant::now();
    let (mut calm, mut flooded) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        calm.extend(honest.call_for(ROUND).await);
        let address = service.address();
        let flood = thread::spawn(move || System::new().block_on(flood(address)));
        flooded.extend(honest.call_for(ROUND).await);
        flood.join().unwrap();
    }
    let cooldowns = begun.elapsed().as_secs() / COOLDOWN;

    let fetches = u64::try_from(issuer.hits() - fetches_before).unwrap();
    assert!((1..=cooldowns + 1).contains(&fetches), "{fetches} fetches");
    for sample in [&mut calm, &mut flooded] {
        sample.sort_unstable();
    }
    for percent in [50, 90, 99] {
        let [calm, flooded] = [&calm, &flooded].map(|sample| percentile(sample, percent));
        println!(
            "p{percent} of honest requests: {calm:?}, with a flood {flooded:?}, ratio {:.2}",
            flooded.as_secs_f64() / calm.as_secs_f64()
        );
    }
    println!(
        "{} made-up keys, {fetches} fetches in {:?}",
        ROUNDS * FLOOD,
        begun.elapsed()
    );
    let [calm, flooded] = [&calm, &flooded].map(|sample| percentile(sample, 99));
    // The machine may have more to do than this. A fetch for each key would take seconds.
    assert!(flooded < calm * 3 + Duration::from_millis(500));
}

/// People who read their note.
struct Honest {
    http: Client,
    url: String,
    tokens: Vec<String>,
}

impl Honest {
    async fn get_ready(address: SocketAddr) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{address}/notes");
        let tokens = (0..100).map(|_| TestService::token("ada")).collect();
        let mut honest = Self { http, url, tokens };
        // Each look waits for the service's first connection to its database, for up to a second.
        let ready = format!("http://{address}/health/ready");
        while honest.http.get(&ready).send().await.unwrap().status() != StatusCode::OK {}
        let note = json!({"title": "Shopping", "body": "Milk"});
        let written = honest.http.post(&honest.url).bearer_auth(&honest.tokens[0]);
        let written = written.json(&note).send().await.unwrap();
        assert_eq!(written.status(), StatusCode::CREATED);
        let location = written.headers()["location"].to_str().unwrap();
        honest.url = format!("http://{address}{location}");
        honest
    }

    /// How long each call took.
    async fn call_for(&self, time: Duration) -> Vec<Duration> {
        let end = Instant::now() + time;
        let people = (0..PEOPLE).map(|person| async move {
            let mut due = interval(CALL_EVERY);
            due.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut taken = Vec::new();
            for token in self.tokens.iter().cycle().skip(person) {
                if due.tick().await >= end {
                    break;
                }
                let begun = Instant::now();
                let call = self.http.get(&self.url).bearer_auth(token);
                let answer = call.send().await.unwrap();
                let (status, body) = (answer.status(), answer.text().await.unwrap());
                assert_eq!(status, StatusCode::OK, "{body}");
                taken.push(begun.elapsed());
            }
            taken
        });
        join_all(people).await.concat()
    }
}

/// Sends tokens with made-up keys, evenly over a round and over a few connections.
async fn flood(address: SocketAddr) {
    const CONNECTIONS: usize = 4;
    let connections = (0..CONNECTIONS).map(|_| async {
        let mut due = interval(ROUND / u32::try_from(FLOOD / CONNECTIONS).unwrap());
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..FLOOD / CONNECTIONS {
            due.tick().await;
            let token = token_with_a_made_up_key();
            let request =
                format!("GET /notes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let answer = read_answer(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
            assert!(answer.contains("unknown key"), "{answer}");
        }
    });
    join_all(connections).await;
}

/// Nobody gets as far as its claims or its signature.
fn token_with_a_made_up_key() -> String {
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": Uuid::now_v7()});
    let parts = [header.to_string(), "c".repeat(400), "s".repeat(256)];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// Head and body of an answer that announces its length.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .expect("a length");
            if body.len() >= length.parse::<usize>().unwrap() {
                return text.into_owned();
            }
        }
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[sorted.len() * percent / 100]
}
