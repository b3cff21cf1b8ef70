//! How an honest client speaks to a service: it repeats what it was told to repeat later, and what it
//! got no answer to, and never gives up.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use e2e::client::{Answer, Call, Client};
use tokio::sync::Notify;

use super::tally::Tally;

/// Where there was no answer that would say for how long.
const PAUSE: Duration = Duration::from_millis(200);

/// One person's way to one service.
#[derive(Clone)]
pub(crate) struct Voice {
    pub(crate) client: Client,
    pub(crate) tally: Arc<Tally>,
    pub(crate) progress: Arc<Progress>,
}

/// How someone was treated of late by one service.
#[derive(Default)]
pub(crate) struct Progress {
    last: Mutex<Last>,
    changed: Notify,
}

#[derive(Clone, Copy, Default)]
struct Last {
    served: Option<Instant>,
    refused: Option<Instant>,
}

/// An answer that does not say "later".
pub(crate) struct Final {
    pub(crate) answer: Answer,
    /// Whether an attempt before may have been carried out, its answer lost.
    pub(crate) repeated: bool,
}

impl Voice {
    /// Someone's who belongs to no crowd.
    pub(crate) fn of_someone_else(client: Client) -> Self {
        Self {
            client,
            tally: Arc::default(),
            progress: Arc::default(),
        }
    }

    /// Makes the call, which needs the database, until it is answered.
    pub(crate) async fn insist(&self, call: impl Fn() -> Call) -> Final {
        let done = self.repeat(call).await;
        if done.answer.status != 401 {
            self.progress.served();
        }
        done
    }

    /// Makes the call until it is answered. An answer does not say that the database is there.
    pub(crate) async fn repeat(&self, call: impl Fn() -> Call) -> Final {
        let mut repeated = false;
        loop {
            let started = Instant::now();
            self.tally.request();
            let pause = match call().try_send().await {
                Ok(answer) if matches!(answer.status, 502..=504) => self.put_off(&answer, started),
                Ok(answer) => {
                    if answer.status >= 500 {
                        self.tally.unexpected(told(&answer));
                    }
                    return Final { answer, repeated };
                }
                Err(error) => {
                    let how = if error.is_timeout() {
                        "no answer"
                    } else {
                        "connection lost"
                    };
                    self.tally.refused(how.to_owned(), started.elapsed());
                    self.progress.refused();
                    PAUSE
                }
            };
            repeated = true;
            tokio::time::sleep(pause).await;
        }
    }

    /// Counts the refusal, and says how long to wait.
    fn put_off(&self, answer: &Answer, started: Instant) -> Duration {
        let how = format!("{} {}", answer.status, answer.code());
        self.tally.refused(how, started.elapsed());
        self.progress.refused();
        let retry_after = answer.headers.get("retry-after");
        let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        seconds.map_or_else(
            || {
                self.tally
                    .unexpected(format!("no Retry-After with {}", told(answer)));
                PAUSE
            },
            Duration::from_secs,
        )
    }
}

/// What an answer says, for a message: nothing of a token or a note.
pub(crate) fn told(answer: &Answer) -> String {
    let headers = ["etag", "www-authenticate", "x-request-id"];
    let headers = headers.map(|name| answer.headers.get(name));
    format!("{} {} {headers:?}", answer.status, answer.code())
}

impl Progress {
    pub(crate) fn served(&self) {
        self.last.lock().unwrap().served = Some(Instant::now());
        self.changed.notify_waiters();
    }

    fn refused(&self) {
        self.last.lock().unwrap().refused = Some(Instant::now());
        self.changed.notify_waiters();
    }

    /// Waits until a call has been answered since then; how long after that was.
    pub(crate) async fn served_since(&self, since: Instant) -> Duration {
        self.since(since, |last| last.served).await
    }

    /// Waits until a call has been refused since then.
    pub(crate) async fn refused_since(&self, since: Instant) {
        self.since(since, |last| last.refused).await;
    }

    async fn since(&self, since: Instant, which: fn(&Last) -> Option<Instant>) -> Duration {
        loop {
            let changed = self.changed.notified();
            let last = which(&self.last.lock().unwrap());
            if let Some(at) = last.filter(|at| *at >= since) {
                return at - since;
            }
            changed.await;
        }
    }
}
