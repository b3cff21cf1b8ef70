//! People who work without a pause, whatever happens to the parts, and keep a ledger each of what was
//! acknowledged to them.

mod account;
mod books;
mod notebook;
mod session;
mod tally;
mod voice;

use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::client::Client;
use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::account::Account;
pub(crate) use self::books::Books;
use self::notebook::Notebook;
pub(crate) use self::session::{ACCESS_TOKENS, Session};
use self::tally::Tally;
use self::voice::Progress;
pub(crate) use self::voice::Voice;

/// How long anything that is waited for may take; by far.
const PATIENCE: Duration = Duration::from_secs(100);
/// What someone thinks between two rounds of work.
const THINKING: Duration = Duration::from_millis(100);

/// People at work.
pub(crate) struct Crowd {
    pub(crate) tally: Arc<Tally>,
    /// For each person the auth server's progress and the notes API's.
    progress: Vec<[Arc<Progress>; 2]>,
    phase: watch::Sender<Phase>,
    books: mpsc::UnboundedReceiver<Books>,
    people: JoinSet<()>,
}

/// Whose calls are waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    AuthServer,
    NotesApi,
    Both,
}

/// What everyone is to do.
#[derive(Clone, Copy, Default)]
struct Phase {
    /// How often they were told to compare their ledgers.
    checks: u64,
    /// Whether they stay idle after that.
    idle: bool,
}

impl Crowd {
    /// Sends so many people to work at this gateway.
    pub(crate) async fn gather(url: &str, size: usize) -> Self {
        let tally = Arc::new(Tally::default());
        let (phase, phases) = watch::channel(Phase::default());
        let (sender, books) = mpsc::unbounded_channel();
        let mut crowd = Self {
            tally,
            progress: Vec::new(),
            phase,
            books,
            people: JoinSet::new(),
        };
        for number in 0..size {
            let client = Client::new(url.to_owned());
            let progress: [Arc<Progress>; 2] = Default::default();
            let [auth, notes] = progress.clone().map(|progress| Voice {
                client: client.clone(),
                tally: Arc::clone(&crowd.tally),
                progress,
            });
            crowd.progress.push(progress);
            let (account, access_token) = Account::open(auth, number as u64 * 7).await;
            let notebook = Notebook::new(notes, access_token);
            let (phases, sender) = (phases.clone(), sender.clone());
            crowd
                .people
                .spawn(keep_account(account, phases.clone(), sender.clone()));
            crowd.people.spawn(keep_notes(notebook, phases, sender));
        }
        crowd.served_since(Instant::now(), Whose::Both).await;
        crowd
    }

    /// Waits until everyone has been served since then. How long it took each of them.
    pub(crate) async fn served_since(&self, since: Instant, whose: Whose) -> Vec<Duration> {
        let everyone = self.progress.iter().map(|[auth, notes]| async move {
            let served = join_all(whose.of(auth, notes).map(|one| one.served_since(since)));
            served.await.into_iter().max().unwrap_or_default()
        });
        patiently("serving everyone", join_all(everyone)).await
    }

    /// Waits until everyone has been refused since then.
    pub(crate) async fn refused_since(&self, since: Instant, whose: Whose) {
        let everyone = self.progress.iter().map(|[auth, notes]| async move {
            join_all(whose.of(auth, notes).map(|one| one.refused_since(since))).await;
        });
        patiently("refusing everyone", join_all(everyone)).await;
    }

    /// Lets everyone stop and compare their ledger with what the services answer. The ledgers, all in
    /// one. Everyone stays idle until [`Crowd::go_on`].
    pub(crate) async fn check(&mut self) -> Books {
        self.phase.send_modify(|phase| {
            phase.checks += 1;
            phase.idle = true;
        });
        let mut all = Books::default();
        let missing = 2 * self.progress.len();
        let everyone = async {
            for _ in 0..missing {
                all.add(self.books.recv().await.unwrap());
            }
        };
        patiently("comparing the ledgers", everyone).await;
        all
    }

    /// Sends everyone back to work.
    pub(crate) fn go_on(&self) {
        self.phase.send_modify(|phase| phase.idle = false);
    }
}

impl Whose {
    fn of<'a>(
        self,
        auth: &'a Arc<Progress>,
        notes: &'a Arc<Progress>,
    ) -> impl Iterator<Item = &'a Arc<Progress>> {
        let auth = (self != Self::NotesApi).then_some(auth);
        let notes = (self != Self::AuthServer).then_some(notes);
        auth.into_iter().chain(notes)
    }
}

async fn keep_account(
    mut account: Account,
    phases: watch::Receiver<Phase>,
    books: mpsc::UnboundedSender<Books>,
) {
    let mut turns = Turns::new(phases);
    while let Some(turn) = turns.next().await {
        match turn {
            Turn::Work => account.work().await,
            // Fails only when nobody waits for it any more.
            Turn::Check => drop(books.send(account.check().await)),
        }
    }
}

async fn keep_notes(
    mut notebook: Notebook,
    phases: watch::Receiver<Phase>,
    books: mpsc::UnboundedSender<Books>,
) {
    let mut turns = Turns::new(phases);
    while let Some(turn) = turns.next().await {
        match turn {
            Turn::Work => notebook.work().await,
            Turn::Check => drop(books.send(notebook.check().await)),
        }
    }
}

enum Turn {
    Work,
    Check,
}

/// What someone does next.
struct Turns {
    phases: watch::Receiver<Phase>,
    checks: u64,
}

impl Turns {
    fn new(phases: watch::Receiver<Phase>) -> Self {
        let checks = phases.borrow().checks;
        Self { phases, checks }
    }

    /// `None` when the crowd is gone.
    async fn next(&mut self) -> Option<Turn> {
        loop {
            let phase = *self.phases.borrow_and_update();
            if phase.checks > self.checks {
                self.checks = phase.checks;
                return Some(Turn::Check);
            }
            if !phase.idle {
                tokio::time::sleep(THINKING).await;
                return Some(Turn::Work);
            }
            self.phases.changed().await.ok()?;
        }
    }
}

async fn patiently<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let outcome = timeout(PATIENCE, wait).await;
    outcome.unwrap_or_else(|_| panic!("{what} took longer than {PATIENCE:?}"))
}
