//! The files for containers hold together. What only an engine can tell is not tested here.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod compose;
mod files;
mod images;
mod observability;
