//! How the feed is doing, for metrics.

use std::time::Duration;

use service_runtime::metrics::Exposition;

/// How the feed is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FeedStatus {
    /// Whether it is served.
    pub published: bool,
    /// How long ago the database last confirmed it; `None` where it never did.
    pub age: Option<Duration>,
    /// How many sessions and keys stand in it.
    pub entries: usize,
}

impl FeedStatus {
    /// Writes the figures down.
    pub fn read(&self, exposition: &mut Exposition) {
        exposition
            .gauge(
                "auth_revocation_feed_published",
                "1 while the feed of ended sessions is served.",
            )
            .value(u8::from(self.published));
        exposition
            .gauge(
                "auth_revocation_feed_age_seconds",
                "Time since the database last confirmed the feed; absent until it did.",
            )
            .value_if_known(self.age.map(|age| age.as_secs_f64()));
        exposition
            .gauge(
                "auth_revocation_feed_entries",
                "Sessions and keys that stand in the feed.",
            )
            .value(self.entries);
    }
}
