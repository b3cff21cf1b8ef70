//! Signing keys rotate and are revoked while people work (R22, R24).

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::in_full;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::harness::client::Client;
use crate::harness::programs::{Conversation, Interpreter, tool};
use crate::harness::system::{System, start};

const PEOPLE: usize = 4;
const LIFETIME: Duration = Duration::from_secs(6);
/// For how long a token is good for certain: its `iat` is cut to the second.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// When it is verified again.
const LATE: Duration = Duration::from_secs(4);
/// How often each person refreshes.
const PACE: Duration = Duration::from_millis(100);

/// R22. A rotation every two seconds, 200 of them in full. People refresh all the while, and each token is
/// verified at once and again shortly before it expires: by both notes APIs, and by other people's
/// libraries with their caches as they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotate_under_load_and_no_token_is_refused() {
    let wanted = if in_full() { 200 } else { 5 };
    let system = start(|settings| {
        settings.set_auth("AUTH_KEY_ROTATION", "2s");
        // Longer than the half-minute for which jose does not ask again.
        settings.set_auth("AUTH_JWKS_MAX_AGE", "30s");
        settings.set_auth("AUTH_ACCESS_TOKEN_TTL", &format!("{}s", LIFETIME.as_secs()));
    })
    .await;
    let outsiders = [
        Outsider::start(&system, Interpreter::Python, "python/verify.py"),
        Outsider::start(&system, Interpreter::Node, "node/verify.js"),
    ];
    let stop = Arc::new(AtomicBool::new(false));
    let verified = Arc::new(AtomicUsize::new(0));
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        let person = Person {
            client: system.client(),
            notes_apis: notes_apis(&system),
            outsiders: outsiders.iter().map(Outsider::sender).collect(),
            verified: Arc::clone(&verified),
        };
        people.push(tokio::spawn(person.work(Arc::clone(&stop))));
    }

    let database = system.auth_database();
    let since = Instant::now();
    while database.events("key_rotated") < wanted {
        // The first rotation waits for a key to ripen.
        let patience =
            Duration::from_secs(120) + Duration::from_secs(6) * u32::try_from(wanted).unwrap();
        assert!(since.elapsed() < patience, "the keys do not rotate");
        assert!(
            !people.iter().any(tokio::task::JoinHandle::is_finished),
            "someone gave up, see above"
        );
        sleep(Duration::from_millis(200)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut kids = BTreeSet::new();
    for person in people {
        kids.extend(person.await.unwrap());
    }
    let by_outsiders: usize = outsiders.into_iter().map(Outsider::finish).sum();
    let rotations = database.events("key_rotated");
    assert!(
        i64::try_from(kids.len()).unwrap() >= wanted,
        "{} of {rotations}",
        kids.len()
    );
    println!(
        "{rotations} rotations, tokens of {} keys; verified {} times by notes-api and {by_outsiders} times by PyJWT and jose: 0 refused",
        kids.len(),
        verified.load(Ordering::Relaxed),
    );
}

/// R24. With the feed, and for a service that goes by the key set alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_refused_everywhere_within_the_stated_time() {
    for (feed, bound) in [
        // The poll, and half a second to publish.
        ("on", Duration::from_secs(6)),
        // The key set's max-age, and the time after which each replica looks again.
        ("off", Duration::from_secs(11)),
    ] {
        let system = start(|settings| {
            settings.set_auth("AUTH_JWKS_MAX_AGE", "10s");
            settings.set_notes("NOTES_REVOCATIONS", feed);
        })
        .await;
        let client = system.client();
        let ada = client.register().await;
        // Remembered as verified.
        for api in notes_apis(&system) {
            let list = api.get("/notes").bearer(&ada.access_token);
            list.send().await.assert_status(200);
        }
        let stolen = kid(&ada.access_token);
        system.operate(&["keys", "revoke", &stolen]);
        let revoked = Instant::now();
        for api in notes_apis(&system) {
            loop {
                let list = api.get("/notes").bearer(&ada.access_token).send().await;
                if list.status == 401 {
                    list.assert_problem(401, "invalid_token");
                    break;
                }
                list.assert_status(200);
                let elapsed = revoked.elapsed();
                assert!(
                    elapsed < bound,
                    "feed {feed}: still accepted after {elapsed:?}"
                );
                sleep(Duration::from_millis(20)).await;
            }
        }
        println!(
            "feed {feed}: the key was refused everywhere after {:?}",
            revoked.elapsed()
        );
        // The session goes on under the next key, once everyone knows it.
        let refreshed = client.refresh(&ada.refresh_token).await;
        refreshed.assert_status(200);
        let token = refreshed.text("access_token").to_owned();
        assert_ne!(kid(&token), stolen);
        for api in notes_apis(&system) {
            let list = api.get("/notes").bearer(&token).send().await;
            list.assert_status(200);
        }
    }
}

/// Someone who refreshes and uses what they get.
struct Person {
    client: Client,
    notes_apis: Vec<Client>,
    outsiders: Vec<SyncSender<Fresh>>,
    verified: Arc<AtomicUsize>,
}

/// A token, and when it was asked for.
#[derive(Clone)]
struct Fresh {
    token: String,
    since: Instant,
}

impl Person {
    /// Works until told to stop; returns the keys that their tokens were signed with.
    async fn work(self, stop: Arc<AtomicBool>) -> BTreeSet<String> {
        let mut refresh_token = self.client.register().await.refresh_token;
        let mut kids = BTreeSet::new();
        let mut held: VecDeque<Fresh> = VecDeque::new();
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.load(Ordering::Relaxed) {
            pace.tick().await;
            let since = Instant::now();
            let refreshed = self.client.refresh(&refresh_token).await;
            refreshed.assert_status(200);
            refreshed
                .text("refresh_token")
                .clone_into(&mut refresh_token);
            let token = refreshed.text("access_token").to_owned();
            kids.insert(kid(&token));
            let fresh = Fresh { token, since };
            self.use_token(&fresh).await;
            held.push_back(fresh);
            while let Some(old) = held.front()
                && old.since.elapsed() > LATE
            {
                self.use_token(old).await;
                held.pop_front();
            }
        }
        kids
    }

    async fn use_token(&self, fresh: &Fresh) {
        for api in &self.notes_apis {
            let list = api.get("/notes").bearer(&fresh.token).send().await;
            let elapsed = fresh.since.elapsed();
            if list.status == 200 {
                self.verified.fetch_add(1, Ordering::Relaxed);
            } else {
                assert!(elapsed > GOOD_FOR, "after {elapsed:?}: {}", list.body);
            }
        }
        for outsider in &self.outsiders {
            // One that has no time is asked about another token.
            let _ = outsider.try_send(fresh.clone());
        }
    }
}

/// A service of somebody else's, in another language.
struct Outsider {
    sender: SyncSender<Fresh>,
    thread: JoinHandle<usize>,
}

impl Outsider {
    fn start(system: &System, interpreter: Interpreter, script: &str) -> Self {
        let mut program = tool(interpreter, script);
        program.args([&system.stack.url(), "notes-api"]);
        let conversation = Conversation::start(&mut program);
        let (sender, receiver) = sync_channel(8);
        let thread = std::thread::spawn(move || verify(conversation, &receiver));
        Self { sender, thread }
    }

    fn sender(&self) -> SyncSender<Fresh> {
        self.sender.clone()
    }

    /// How many tokens it has verified.
    fn finish(self) -> usize {
        drop(self.sender);
        self.thread.join().unwrap()
    }
}

fn verify(mut program: Conversation, tokens: &Receiver<Fresh>) -> usize {
    let mut verified = 0;
    for Fresh { token, since } in tokens {
        let verdict = program.ask(&token);
        let elapsed = since.elapsed();
        if verdict.starts_with("ok ") {
            verified += 1;
        } else {
            assert!(elapsed > GOOD_FOR, "after {elapsed:?}: {verdict}");
        }
    }
    assert!(verified > 0);
    verified
}

fn notes_apis(system: &System) -> Vec<Client> {
    let replicas = system.stack.notes_apis.iter();
    replicas.map(|replica| Client::new(replica.url())).collect()
}

/// The name of the key that signed a token.
fn kid(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header = URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
