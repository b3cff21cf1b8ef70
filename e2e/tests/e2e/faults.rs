//! Parts die while people work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::crowd::{Crowd, Report};
use crate::harness::client::{Client, altered};
use crate::harness::system::start;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_postgres_costs_no_session_and_no_acknowledged_note() {
    let mut system = start(|_| {}).await;
    let client = system.client();
    let ada = client.register().await;
    let mut crowd = Crowd::gather(&client, 503).await;
    crowd.each_reports(Report::Served).await;

    system.stack.postgres.kill();
    crowd.each_reports(Report::Refused).await;
    // Tokens are checked all the same, and the keys to do so are served.
    let verified = client.get("/auth/verify").bearer(&ada.access_token);
    verified.send().await.assert_status(200);
    let refused = client.get("/notes").bearer(&altered(&ada.access_token));
    refused.send().await.assert_problem(401, "invalid_token");
    let keys = client.get("/.well-known/jwks.json").send().await;
    keys.assert_status(200);

    system.stack.postgres.restart().unwrap();
    crowd.each_reports(Report::Served).await;
    crowd.disperse(&client).await;
    system.stack.ensure_running().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_replicas_cost_no_session_and_what_is_idempotent_goes_on() {
    let mut system = start(|_| {}).await;
    let client = system.client();
    let reader = Reader::start(&client).await;
    let mut crowd = Crowd::gather(&client, 502).await;
    crowd.each_reports(Report::Served).await;

    for replica in 0..2 {
        system.stack.auth_servers[replica].kill();
        system.stack.notes_apis[replica].kill();
        crowd.each_reports(Report::Served).await;
        system.stack.auth_servers[replica].start().unwrap();
        system.stack.notes_apis[replica].start().unwrap();
    }
    crowd.each_reports(Report::Served).await;
    crowd.disperse(&client).await;
    reader.finish().await;
}

/// Someone who only reads, and never notices anything.
struct Reader {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Reader {
    async fn start(client: &Client) -> Self {
        let ada = client.register().await;
        let (client, stop) = (client.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                for path in ["/notes", "/auth/me", "/auth/sessions"] {
                    let read = client.get(path).bearer(&ada.access_token);
                    read.send().await.assert_status(200);
                }
            }
        });
        Self { stop, task }
    }

    async fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
    }
}
