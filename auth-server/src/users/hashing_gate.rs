//! The gate before the password hash: a few at a time, a bounded queue, and a refusal past it.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix_web::web;
use tokio::sync::Semaphore;

use crate::failure::Failure;

/// Lets as many hashing jobs run at once as there are cores, and a bounded number wait. A flood of
/// logins then costs its senders their turn, not everyone their refreshes.
#[derive(Debug)]
pub struct HashingGate {
    running: Arc<Semaphore>,
    admitted: Arc<AtomicUsize>,
    capacity: usize,
}

/// How many may wait for each one that runs: at the default cost, about four seconds' worth.
const QUEUE_PER_CORE: usize = 16;

impl HashingGate {
    /// A gate for this many cores.
    #[must_use]
    pub fn new(cores: NonZeroUsize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(cores.get())),
            admitted: Arc::default(),
            capacity: cores.get() * (1 + QUEUE_PER_CORE),
        }
    }

    /// Runs `job` on a thread that may compute, when it is its turn. A job that has begun keeps its
    /// turn until it ends, also when the caller goes away meanwhile.
    ///
    /// # Errors
    ///
    /// [`Failure::Overloaded`] at once where the queue is full; [`Failure::Cancelled`] where the job
    /// did not end.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let place = self.admit()?;
        let turn = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| Failure::Cancelled)?;
        let job = move || {
            let _held = (place, turn);
            job()
        };
        web::block(job).await.map_err(|_| Failure::Cancelled)
    }

    fn admit(&self) -> Result<Place, Failure> {
        let place = Place(Arc::clone(&self.admitted));
        if self.admitted.fetch_add(1, Ordering::AcqRel) >= self.capacity {
            return Err(Failure::Overloaded);
        }
        Ok(place)
    }
}

/// A place in the queue, given up when the job has ended or the caller has stopped waiting.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[actix_web::test]
    async fn what_does_not_fit_the_queue_is_refused_and_the_rest_is_served() {
        let gate = Arc::new(HashingGate::new(NonZeroUsize::MIN));
        let (release, held) = mpsc::channel::<()>();
        let first = {
            let gate = Arc::clone(&gate);
            actix_web::rt::spawn(async move { gate.run(move || held.recv().is_ok()).await })
        };
        let waiting: Vec<_> = (0..QUEUE_PER_CORE)
            .map(|number| {
                let gate = Arc::clone(&gate);
                actix_web::rt::spawn(async move { gate.run(move || number).await })
            })
            .collect();
        while gate.admitted.load(Ordering::Acquire) < gate.capacity {
            tokio::task::yield_now().await;
        }

        assert!(matches!(gate.run(|| ()).await, Err(Failure::Overloaded)));

        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        for (number, task) in waiting.into_iter().enumerate() {
            assert_eq!(task.await.unwrap().unwrap(), number);
        }
        assert_eq!(gate.admitted.load(Ordering::Acquire), 0);
    }

    #[actix_web::test]
    async fn a_caller_who_goes_away_does_not_free_a_turn_that_is_in_use() {
        let gate = Arc::new(HashingGate::new(NonZeroUsize::MIN));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (release, held) = mpsc::channel::<()>();
        let impatient = {
            let gate = Arc::clone(&gate);
            actix_web::rt::spawn(async move {
                let job = move || {
                    begun.send(()).unwrap();
                    held.recv().unwrap();
                };
                gate.run(job).await
            })
        };
        has_begun.await.unwrap();
        impatient.abort();
        assert!(impatient.await.unwrap_err().is_cancelled());

        assert_eq!(gate.running.available_permits(), 0);
        release.send(()).unwrap();
        assert_eq!(gate.run(|| 7).await.unwrap(), 7);
    }
}
