//! People who work without a pause, whatever happens to the parts.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use e2e::client::{Answer, Client, SignedIn, new_username};

const PEOPLE: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// People at work.
pub(crate) struct Crowd {
    stop: Arc<AtomicBool>,
    reports: UnboundedReceiver<(usize, Report)>,
    people: Vec<JoinHandle<Work>>,
}

/// What a person reports now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// A round of work is done.
    Served,
    /// A call was refused for now.
    Refused,
}

/// What someone was told that it is done.
pub(crate) struct Work {
    pub(crate) person: SignedIn,
    /// The current refresh token of each of their sessions.
    pub(crate) refresh_tokens: Vec<String>,
    /// Where their notes are.
    pub(crate) notes: Vec<String>,
}

impl Crowd {
    /// Sends people to work at the gateway. `refusal` is the one status, beside success, that they put up
    /// with; it comes with `Retry-After`.
    pub(crate) async fn gather(client: &Client, refusal: u16) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, reports) = unbounded_channel();
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let worker = Worker {
                person: client.register().await,
                client: client.clone(),
                refusal,
                number,
                reports: sender.clone(),
            };
            people.push(tokio::spawn(worker.work(Arc::clone(&stop))));
        }
        Self {
            stop,
            reports,
            people,
        }
    }

    /// Waits until each of them has sent this report from now on.
    pub(crate) async fn each_reports(&mut self, wanted: Report) {
        while self.reports.try_recv().is_ok() {}
        let mut missing: HashSet<usize> = (0..PEOPLE).collect();
        let all = async {
            while !missing.is_empty() {
                let (number, report) = self.reports.recv().await.unwrap();
                let gone = self.people.iter().any(JoinHandle::is_finished);
                assert!(!gone, "someone gave up, see above");
                if report == wanted {
                    missing.remove(&number);
                }
            }
        };
        let outcome = timeout(PATIENCE, all).await;
        assert!(outcome.is_ok(), "not everyone was {wanted:?}");
    }

    /// Lets everyone finish, and makes sure that all they were promised is there.
    pub(crate) async fn disperse(self, client: &Client) {
        self.stop.store(true, Ordering::Relaxed);
        for person in self.people {
            let work = timeout(PATIENCE, person).await.unwrap().unwrap();
            assert!(!work.notes.is_empty() && !work.refresh_tokens.is_empty());
            for note in &work.notes {
                let read = client.get(note).bearer(&work.person.access_token);
                read.send().await.assert_status(200);
            }
            for token in &work.refresh_tokens {
                client.refresh(token).await.assert_status(200);
            }
        }
    }
}

struct Worker {
    person: SignedIn,
    client: Client,
    refusal: u16,
    number: usize,
    reports: UnboundedSender<(usize, Report)>,
}

impl Worker {
    async fn work(self, stop: Arc<AtomicBool>) -> Work {
        let (mut refresh_tokens, mut notes) = (Vec::new(), Vec::new());
        while !stop.load(Ordering::Relaxed) {
            // A registration that were sent twice on the way would be told that the name is taken.
            let registered = self.client.register_as(&new_username()).await;
            self.is_done(&registered, 201);

            let login = loop {
                let answer = self.client.log_in(&self.person.username).await;
                if self.is_done(&answer, 200) {
                    break answer;
                }
            };
            // Asked again, the same successor comes, even where the first answer was lost.
            let refreshed = loop {
                let answer = self.client.refresh(login.text("refresh_token")).await;
                if self.is_done(&answer, 200) {
                    break answer;
                }
            };
            refresh_tokens.push(refreshed.text("refresh_token").to_owned());

            let access_token = refreshed.text("access_token");
            let written = self.client.write_note(access_token, "Harbour").await;
            if self.is_done(&written, 201) {
                notes.push(written.header("location").to_owned());
            }
            self.report(Report::Served);
        }
        Work {
            person: self.person,
            refresh_tokens,
            notes,
        }
    }

    /// Whether the call succeeded. Where it did not, it has to be the one refusal that is allowed.
    fn is_done(&self, answer: &Answer, success: u16) -> bool {
        if answer.status == success {
            return true;
        }
        answer.assert_problem(self.refusal, "unavailable");
        assert!(answer.headers.contains_key("retry-after"));
        self.report(Report::Refused);
        false
    }

    /// Once nobody waits for reports any more, nobody needs them.
    fn report(&self, report: Report) {
        let _ = self.reports.send((self.number, report));
    }
}
