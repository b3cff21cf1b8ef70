//! The gate before the password hash: a few at a time, a bounded queue, and a refusal past it.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};

use actix_web::web;
use tokio::sync::Semaphore;

use crate::failure::Failure;

/// Lets as many hashing jobs run at once as there are cores, and a bounded number wait. A flood of
/// logins then costs its senders their turn, not everyone their refreshes.
#[derive(Debug)]
pub struct HashingGate {
    running: Semaphore,
    admitted: AtomicUsize,
    capacity: usize,
}

/// How many may wait for each one that runs: at the default cost, about four seconds' worth.
const QUEUE_PER_CORE: usize = 16;

impl HashingGate {
    /// A gate for this many cores.
    #[must_use]
    pub fn new(cores: NonZeroUsize) -> Self {
        Self {
            running: Semaphore::new(cores.get()),
            admitted: AtomicUsize::new(0),
            capacity: cores.get() * (1 + QUEUE_PER_CORE),
        }
    }

    /// Runs `job` on a thread that may compute, when it is its turn.
    ///
    /// # Errors
    ///
    /// [`Failure::Overloaded`] at once where the queue is full.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let _place = self.admit()?;
        let _turn = self
            .running
            .acquire()
            .await
            .map_err(|_| Failure::Overloaded)?;
        web::block(job).await.map_err(|_| Failure::Overloaded)
    }

    fn admit(&self) -> Result<Place<'_>, Failure> {
        let place = Place(&self.admitted);
        if self.admitted.fetch_add(1, Ordering::AcqRel) >= self.capacity {
            return Err(Failure::Overloaded);
        }
        Ok(place)
    }
}

/// A place in the queue, given up when the caller is done or goes away.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

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
}
