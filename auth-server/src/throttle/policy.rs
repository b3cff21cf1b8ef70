//! How much is too much.

use std::{num::NonZeroU32, time::Duration};

/// The numbers of throttling.
#[derive(Clone, Copy, Debug)]
pub struct ThrottlePolicy {
    /// Guesses from one network.
    pub address: BucketPolicy,
    /// Guesses at one name, from one known device, or in one session.
    pub account: FailurePolicy,
    /// Names that one network may try to take.
    pub registration: BucketPolicy,
    /// Calls from one network, device or session, right or wrong, to one replica; and passwords that it judges
    /// for one network.
    pub flood: BucketPolicy,
}

/// So many at once, and then at a steady pace.
#[derive(Clone, Copy, Debug)]
pub struct BucketPolicy {
    /// How many at once.
    pub burst: NonZeroU32,
    /// How long until one more comes in.
    pub interval: Duration,
}

/// A few for nothing, and then each wrong one doubles the wait for the next.
#[derive(Clone, Copy, Debug)]
pub struct FailurePolicy {
    /// How many cost nothing.
    pub free: NonZeroU32,
    /// The wait after the last free one.
    pub first_delay: Duration,
    /// The longest wait: nobody is locked out for good.
    pub longest_delay: Duration,
    /// After so long without a guess all are forgotten.
    pub memory: Duration,
}
