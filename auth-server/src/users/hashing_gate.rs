//! The gate before the password hash: a few at a time, a bounded queue, and a refusal past it.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use uuid::Uuid;

use super::hashing_usage::{AtTheGate, HashingUsage, Refusal};
use crate::{client::Network, failure::Failure};

/// Lets as many hashing jobs run at once as there are cores, and a bounded number wait. A flood of
/// logins then costs its senders their turn, not everyone their refreshes: the threads that hash give
/// way to all others.
#[derive(Debug)]
pub struct HashingGate {
    threads: ThreadPool,
    running: Arc<Semaphore>,
    admitted: Arc<Mutex<Admitted>>,
    cores: usize,
    usage: HashingUsage,
}

/// Who asks for a hash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// A person who is signed in, or on a device on which they were, and where they call from. Half of the
    /// queue is left to them, of which no person has more than two places and no network more than a
    /// quarter: whoever floods the gate with right passwords of their own keeps nobody else out.
    Known(Uuid, Network),
    /// Anyone else.
    Stranger,
    /// Someone who asks what a password is worth before they send it, which is the matter of a moment. A
    /// quarter of the strangers' places are enough for that, and when they are taken, by whomever, it can
    /// wait: whoever asks keeps nobody from registering.
    Asking,
}

/// Those who wait and those whose job runs.
#[derive(Debug, Default)]
struct Admitted {
    number: usize,
    by_person: HashMap<Uuid, usize>,
    by_network: HashMap<Network, usize>,
}

/// How many may wait for each one that runs: at the default cost, about four seconds' worth.
const QUEUE_PER_CORE: usize = 16;

/// How many places of those that are left to known people one of them has.
const PLACES_PER_PERSON: usize = 2;

/// How long one waits for its turn at the most: a machine that others keep busy may take longer for
/// what is queued than the gateway waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is added to the niceness of the threads that hash: a third of the weight of a thread that
/// answers requests. With much less, a neighbour who needs all cores would keep everybody from logging in.
const NICENESS: i32 = 5;

impl HashingGate {
    /// A gate for this many cores.
    ///
    /// # Errors
    ///
    /// The system gives no threads.
    pub fn new(cores: NonZeroUsize) -> Result<Self, ThreadPoolBuildError> {
        let threads = ThreadPoolBuilder::new()
            .num_threads(cores.get())
            .thread_name(|number| format!("hashing-{number}"))
            .start_handler(|_| {
                if let Err(error) = rustix::process::nice(NICENESS) {
                    log::warn!("hashing competes with requests for the cores: {error}");
                }
            })
            // The caller learns of it when the job's answer fails to come.
            .panic_handler(|_| log::error!("a hashing job panicked"))
            .build()?;
        Ok(Self {
            threads,
            running: Arc::new(Semaphore::new(cores.get())),
            admitted: Arc::default(),
            cores: cores.get(),
            usage: HashingUsage::default(),
        })
    }

    /// How it is used.
    #[must_use]
    pub fn usage(&self) -> &HashingUsage {
        &self.usage
    }

    /// Who is at it.
    #[must_use]
    pub fn at_the_gate(&self) -> AtTheGate {
        let admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        let running = self.cores - self.running.available_permits();
        AtTheGate {
            running,
            cores: self.cores,
            waiting: admitted.number.saturating_sub(running),
            places: self.cores * QUEUE_PER_CORE,
        }
    }

    /// Runs `job` on a thread that may compute, when it is its turn. A job that has begun keeps its
    /// turn until it ends, also when the caller goes away meanwhile.
    ///
    /// # Errors
    ///
    /// [`Failure::Overloaded`] at once where the queue is full, and where its turn does not come;
    /// [`Failure::Cancelled`] where the job did not end.
    pub async fn run<T: Send + 'static>(
        &self,
        standing: Standing,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let came = Instant::now();
        let place = self.admit(standing)?;
        let turn = timeout(PATIENCE, Arc::clone(&self.running).acquire_owned())
            .await
            .map_err(|_| self.refuse(Refusal::Late))?
            .map_err(|_| Failure::Cancelled)?;
        self.usage.begun_after(came.elapsed());
        let (done, outcome) = oneshot::channel();
        self.threads.spawn(move || {
            let _held = (place, turn);
            // Whoever has stopped waiting wants no answer.
            let _ = done.send(job());
        });
        outcome.await.map_err(|_| Failure::Cancelled)
    }

    /// Refuses at once where [`run`](Self::run) would: for callers who have something to do before it
    /// that a flood should not make them do.
    ///
    /// # Errors
    ///
    /// [`Failure::Overloaded`].
    pub fn expect_room(&self, standing: Standing) -> Result<(), Failure> {
        let admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        if self.has_room(&admitted, standing) {
            Ok(())
        } else {
            Err(self.refuse(Refusal::Full))
        }
    }

    fn admit(&self, standing: Standing) -> Result<Place, Failure> {
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.has_room(&admitted, standing) {
            return Err(self.refuse(Refusal::Full));
        }
        admitted.number += 1;
        if let Standing::Known(person, network) = standing {
            *admitted.by_person.entry(person).or_default() += 1;
            *admitted.by_network.entry(network).or_default() += 1;
        }
        Ok(Place {
            admitted: Arc::clone(&self.admitted),
            standing,
        })
    }

    fn refuse(&self, refusal: Refusal) -> Failure {
        self.usage.refused(refusal);
        Failure::Overloaded
    }

    fn has_room(&self, admitted: &Admitted, standing: Standing) -> bool {
        let half = self.cores * QUEUE_PER_CORE / 2;
        let places_of_all = match standing {
            Standing::Known(..) | Standing::Stranger => half,
            Standing::Asking => half / 4,
        };
        if admitted.number < self.cores + places_of_all {
            return true;
        }
        let Standing::Known(person, network) = standing else {
            return false;
        };
        let count = |places: Option<&usize>| places.copied().unwrap_or_default();
        admitted.number < self.cores + 2 * half
            && count(admitted.by_person.get(&person)) < PLACES_PER_PERSON
            && count(admitted.by_network.get(&network)) < half / 4
    }
}

/// A place in the queue, given up when the job has ended or the caller has stopped waiting.
#[derive(Debug)]
struct Place {
    admitted: Arc<Mutex<Admitted>>,
    standing: Standing,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        admitted.number -= 1;
        if let Standing::Known(person, network) = self.standing {
            give_up(&mut admitted.by_person, person);
            give_up(&mut admitted.by_network, network);
        }
    }
}

fn give_up<K: Eq + Hash>(places: &mut HashMap<K, usize>, holder: K) {
    if let Entry::Occupied(mut held) = places.entry(holder) {
        *held.get_mut() -= 1;
        if *held.get() == 0 {
            held.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::JoinHandle;

    use super::*;

    /// A gate of one core whose one turn is taken until something is sent.
    async fn busy_gate() -> (
        Arc<HashingGate>,
        mpsc::Sender<()>,
        JoinHandle<Result<(), Failure>>,
    ) {
        let gate = Arc::new(HashingGate::new(NonZeroUsize::MIN).unwrap());
        let (begun, has_begun) = oneshot::channel();
        let (release, held) = mpsc::channel();
        let first = {
            let gate = Arc::clone(&gate);
            let job = move || {
                begun.send(()).unwrap();
                held.recv().unwrap();
            };
            tokio::spawn(async move { gate.run(Standing::Stranger, job).await })
        };
        has_begun.await.unwrap();
        (gate, release, first)
    }

    fn admitted(gate: &HashingGate) -> usize {
        gate.admitted.lock().unwrap().number
    }

    /// Someone known, of a network of their own.
    fn known(number: usize) -> Standing {
        let number = u8::try_from(number).unwrap();
        Standing::Known(
            Uuid::from_u128(number.into()),
            Network::V4([192, 0, 2, number]),
        )
    }

    async fn fill(
        gate: &Arc<HashingGate>,
        standing: impl Fn(usize) -> Standing,
        number: usize,
    ) -> Vec<JoinHandle<Result<usize, Failure>>> {
        let before = admitted(gate);
        let waiting = (0..number)
            .map(|number| {
                let (gate, standing) = (Arc::clone(gate), standing(number));
                tokio::spawn(async move { gate.run(standing, move || number).await })
            })
            .collect();
        while admitted(gate) < before + number {
            tokio::task::yield_now().await;
        }
        waiting
    }

    async fn is_full(gate: &HashingGate, standing: Standing) -> bool {
        let refused = matches!(gate.run(standing, || ()).await, Err(Failure::Overloaded));
        assert_eq!(gate.expect_room(standing).is_err(), refused);
        refused
    }

    #[tokio::test]
    async fn what_does_not_fit_the_queue_is_refused_and_the_rest_is_served() {
        let (gate, release, first) = busy_gate().await;
        let waiting = fill(&gate, known, QUEUE_PER_CORE).await;
        assert!(is_full(&gate, known(99)).await);

        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        for (number, task) in waiting.into_iter().enumerate() {
            assert_eq!(task.await.unwrap().unwrap(), number);
        }
        // The last place is given up a moment after its answer.
        while admitted(&gate) > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn strangers_leave_half_of_the_queue_to_those_who_are_known() {
        let (gate, release, first) = busy_gate().await;
        let strangers = fill(&gate, |_| Standing::Stranger, QUEUE_PER_CORE / 2).await;
        assert!(is_full(&gate, Standing::Stranger).await);

        let people = fill(&gate, known, QUEUE_PER_CORE / 2).await;
        assert!(is_full(&gate, known(99)).await);
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        for task in strangers.into_iter().chain(people) {
            task.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn who_only_asks_leaves_room_for_strangers() {
        let (gate, release, first) = busy_gate().await;
        let asking = fill(&gate, |_| Standing::Asking, QUEUE_PER_CORE / 8).await;
        assert!(is_full(&gate, Standing::Asking).await);

        let left = QUEUE_PER_CORE / 2 - QUEUE_PER_CORE / 8;
        let strangers = fill(&gate, |_| Standing::Stranger, left).await;
        assert!(is_full(&gate, Standing::Stranger).await);
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        for task in asking.into_iter().chain(strangers) {
            task.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_takes_all_of_what_is_left_to_known_people() {
        let (gate, release, first) = busy_gate().await;
        let network = Network::V4([198, 51, 100, 1]);
        let mallory = Standing::Known(Uuid::from_u128(200), network);
        let crowd = fill(&gate, |_| mallory, QUEUE_PER_CORE / 2).await;
        assert!(is_full(&gate, mallory).await);

        let other_names = |number: usize| {
            Standing::Known(
                Uuid::from_u128(201 + u128::try_from(number).unwrap()),
                network,
            )
        };
        assert!(is_full(&gate, other_names(0)).await);
        let owners = fill(&gate, known, QUEUE_PER_CORE / 2 - 1).await;
        assert!(gate.expect_room(known(99)).is_ok());

        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        for task in crowd.into_iter().chain(owners) {
            task.await.unwrap().unwrap();
        }
        while admitted(&gate) > 0 {
            tokio::task::yield_now().await;
        }
        let left = gate.admitted.lock().unwrap();
        assert!(left.by_person.is_empty() && left.by_network.is_empty());
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_does_not_free_a_turn_that_is_in_use() {
        let (gate, release, impatient) = busy_gate().await;
        impatient.abort();
        assert!(impatient.await.unwrap_err().is_cancelled());

        assert_eq!(gate.running.available_permits(), 0);
        release.send(()).unwrap();
        assert_eq!(gate.run(Standing::Stranger, || 7).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn whose_turn_does_not_come_is_refused_in_time() {
        let gate = HashingGate::new(NonZeroUsize::MIN).unwrap();
        let taken = Arc::clone(&gate.running).acquire_owned().await;
        let refused = gate.run(known(0), || ()).await;
        assert!(matches!(refused, Err(Failure::Overloaded)));
        assert_eq!(admitted(&gate), 0);
        drop(taken);
        assert!(gate.run(known(0), || ()).await.is_ok());
    }

    #[tokio::test]
    async fn a_job_that_panics_fails_alone() {
        let gate = HashingGate::new(NonZeroUsize::MIN).unwrap();
        let failed = gate.run(Standing::Stranger, || panic!("on purpose")).await;
        assert!(matches!(failed, Err(Failure::Cancelled)));
        assert_eq!(gate.run(Standing::Stranger, || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn threads_that_hash_give_way_to_others() {
        let gate = HashingGate::new(NonZeroUsize::MIN).unwrap();
        let own = rustix::process::nice(0).unwrap();
        let hashing = gate
            .run(Standing::Stranger, || rustix::process::nice(0).unwrap())
            .await
            .unwrap();
        assert_eq!(hashing, own + NICENESS);
    }
}
