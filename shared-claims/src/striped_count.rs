//! A count of what many threads do at once, on the way of every request.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A count that threads do not take from each other: each adds to a place of its own, unless there are
/// more of them than places, and only who reads adds up.
#[derive(Debug, Default)]
pub(crate) struct StripedCount([Stripe; STRIPES]);

const STRIPES: usize = 16;

/// As far from the next one as processors fetch memory at once.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

impl StripedCount {
    pub(crate) fn count(&self) {
        let place = PLACE.with(|place| *place);
        self.0[place].0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sum(&self) -> u64 {
        let counts = self.0.iter();
        counts.map(|stripe| stripe.0.load(Ordering::Relaxed)).sum()
    }
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PLACE: usize = THREADS.fetch_add(1, Ordering::Relaxed) % STRIPES;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_thread_loses_what_another_counts() {
        let count = StripedCount::default();
        std::thread::scope(|scope| {
            for _ in 0..3 * STRIPES {
                scope.spawn(|| (0..1_000).for_each(|_| count.count()));
            }
        });
        assert_eq!(count.sum(), 3_000 * STRIPES as u64);
    }
}
