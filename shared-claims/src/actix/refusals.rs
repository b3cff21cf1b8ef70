//! Counts of tokens that were refused, by the reason.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::VerifyError;

/// One count for each reason.
#[derive(Default)]
pub(super) struct Refusals([AtomicU64; VerifyError::ALL.len()]);

impl Refusals {
    pub(super) fn count(&self, reason: VerifyError) {
        if let Some(count) = self.0.get(place(reason)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn read(&self) -> impl Iterator<Item = (VerifyError, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        VerifyError::ALL.into_iter().zip(counts)
    }
}

/// All reasons stand in the order in which they are declared.
fn place(reason: VerifyError) -> usize {
    reason as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_counted_as_itself() {
        let refusals = Refusals::default();
        for (times, reason) in VerifyError::ALL.into_iter().enumerate() {
            (0..times).for_each(|_| refusals.count(reason));
        }
        for (place, (reason, count)) in refusals.read().enumerate() {
            assert_eq!(reason, VerifyError::ALL[place]);
            assert_eq!(count, place as u64, "{}", reason.code());
        }
    }
}
