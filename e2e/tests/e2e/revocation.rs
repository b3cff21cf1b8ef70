//! A logout is known everywhere within seconds (R08).

use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::in_full;
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::harness::client::{Client, PASSWORD, SignedIn};
use crate::harness::system::{System, start};

/// The default.
const POLL: Duration = Duration::from_secs(5);
/// What is promised.
const PROMISE: Duration = Duration::from_secs(10);
/// How many people log out at their own time.
const AT_ONCE: usize = 20;
/// How often each of them looks whether they are out.
const LOOK: Duration = Duration::from_millis(50);

/// R08. From the answer to a logout to the first refusal, for each of the two notes APIs: 500 logouts in
/// full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_reaches_every_notes_api_within_a_poll_and_a_second() {
    let wanted = if in_full() { 500 } else { 60 };
    let system = start(|_| {}).await;
    let ada = system.client().register().await;
    let sessions = Arc::new(Mutex::new(wanted));
    let devices = (0..AT_ONCE).map(|_| {
        let device = Device {
            client: system.client(),
            notes_apis: notes_apis(&system),
            username: ada.username.clone(),
        };
        tokio::spawn(device.log_out_again_and_again(Arc::clone(&sessions)))
    });
    let mut latencies: Vec<Duration> = Vec::new();
    for device in join_all(devices).await {
        latencies.extend(device.unwrap());
    }
    latencies.sort();
    assert_eq!(latencies.len(), wanted * 2);
    let [median, p99, max] = [50, 99, 100].map(|percent| {
        let rank = (latencies.len() * percent).div_ceil(100);
        latencies[rank - 1]
    });
    println!("{wanted} logouts: median {median:?}, p99 {p99:?}, max {max:?}");
    assert!(p99 <= POLL + Duration::from_secs(1), "{p99:?}");
    assert!(max <= PROMISE, "{max:?}");
}

/// Everything that ends a session, and that alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_a_session_is_known_everywhere_and_others_go_on() {
    let system = start(|settings| {
        settings.set_auth("AUTH_REFRESH_GRACE", "0");
        settings.set_notes("NOTES_REVOCATIONS_POLL", "1s");
    })
    .await;
    let client = system.client();
    let (ada, bea, cleo) = (
        client.register().await,
        client.register().await,
        client.register().await,
    );
    let another = async |person: &SignedIn| {
        let answer = client.log_in(&person.username).await;
        answer.assert_status(200);
        answer
    };
    let (by_owner, reused) = (another(&ada).await, another(&ada).await);
    let by_password = another(&bea).await;

    let path = format!("/auth/sessions/{}", by_owner.text("session_id"));
    let revoke = client
        .call(reqwest::Method::DELETE, &path)
        .bearer(&ada.access_token);
    revoke.send().await.assert_status(204);
    for status in [200, 401] {
        let refreshed = client.refresh(reused.text("refresh_token")).await;
        refreshed.assert_status(status);
    }
    let change =
        json!({"current_password": PASSWORD, "new_password": "another lantern, 8th harbour"});
    let change = client.post("/auth/password").json(&change);
    let changed = change.bearer(&bea.access_token).send().await;
    changed.assert_status(204);
    system.operate(&["users", "disable", &cleo.username]);
    let ended = [
        by_owner.text("access_token"),
        reused.text("access_token"),
        by_password.text("access_token"),
        &cleo.access_token,
    ];
    for token in ended {
        refused_everywhere(&system, token).await;
    }

    let going_on = [&ada.access_token, &bea.access_token];
    for api in notes_apis(&system) {
        for token in going_on {
            let list = api.get("/notes").bearer(token);
            list.send().await.assert_status(200);
        }
    }
    let deletion = client.call(reqwest::Method::DELETE, "/auth/me");
    let deletion = deletion.json(&json!({"password": PASSWORD}));
    let deleted = deletion.bearer(&ada.access_token).send().await;
    deleted.assert_status(204);
    refused_everywhere(&system, &ada.access_token).await;
    for token in ended {
        refused_everywhere(&system, token).await;
    }
}

/// Without the auth server nothing new is learned, and nothing is forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_feed_what_is_known_stays_and_readiness_says_so() {
    let mut system = start(|settings| settings.set_notes("NOTES_REVOCATIONS_POLL", "200ms")).await;
    let client = system.client();
    let (ada, bea) = (client.register().await, client.register().await);
    let logout = client.post("/auth/logout").bearer(&ada.access_token);
    logout.send().await.assert_status(204);
    refused_everywhere(&system, &ada.access_token).await;

    for server in &mut system.stack.auth_servers {
        server.kill();
    }
    for api in notes_apis(&system) {
        let degraded = async || {
            let ready = api.get("/health/ready").send().await;
            ready.assert_status(200);
            ready.body["degraded"][0]["part"] == "revocation_feed"
        };
        eventually(degraded).await;
        let refused = api.get("/notes").bearer(&ada.access_token).send().await;
        refused.assert_problem(401, "session_revoked");
        let list = api.get("/notes").bearer(&bea.access_token);
        list.send().await.assert_status(200);
    }

    for server in &mut system.stack.auth_servers {
        server.start().unwrap();
    }
    let logout = client.post("/auth/logout").bearer(&bea.access_token);
    logout.send().await.assert_status(204);
    refused_everywhere(&system, &bea.access_token).await;
    for api in notes_apis(&system) {
        eventually(async || {
            let ready = api.get("/health/ready").send().await;
            ready.body["degraded"].as_array().is_none_or(Vec::is_empty)
        })
        .await;
    }
}

/// Someone's device that logs in and out.
struct Device {
    client: Client,
    notes_apis: Vec<Client>,
    username: String,
}

impl Device {
    /// Returns how long each logout took to be known to each notes API, as long as sessions are left.
    async fn log_out_again_and_again(self, sessions: Arc<Mutex<usize>>) -> Vec<Duration> {
        let mut latencies = Vec::new();
        loop {
            {
                let mut left = sessions.lock().await;
                let Some(fewer) = left.checked_sub(1) else {
                    return latencies;
                };
                *left = fewer;
            }
            let login = self.client.log_in(&self.username).await;
            login.assert_status(200);
            let token = login.text("access_token");
            for api in &self.notes_apis {
                // Remembered as verified.
                let list = api.get("/notes").bearer(token);
                list.send().await.assert_status(200);
            }
            let logout = self.client.post("/auth/logout").bearer(token);
            logout.send().await.assert_status(204);
            let since = Instant::now();
            let refusals = self.notes_apis.iter().map(|api| refused(api, token, since));
            latencies.extend(join_all(refusals).await);
        }
    }
}

/// Waits until this notes API refuses the token, and returns when that was.
async fn refused(api: &Client, token: &str, since: Instant) -> Duration {
    loop {
        let list = api.get("/notes").bearer(token).send().await;
        if list.status == 401 {
            list.assert_problem(401, "session_revoked");
            return since.elapsed();
        }
        list.assert_status(200);
        assert!(since.elapsed() < PROMISE, "still accepted");
        sleep(LOOK).await;
    }
}

async fn refused_everywhere(system: &System, token: &str) {
    let since = Instant::now();
    for api in notes_apis(system) {
        refused(&api, token, since).await;
    }
}

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !holds().await {
        assert!(since.elapsed() < Duration::from_secs(30));
        sleep(LOOK).await;
    }
}

fn notes_apis(system: &System) -> Vec<Client> {
    let replicas = system.stack.notes_apis.iter();
    replicas.map(|replica| Client::new(replica.url())).collect()
}
