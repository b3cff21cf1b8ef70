//! The files for containers hold together. What only an engine can tell, `make test-images` finds out.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod compose;
mod files;
mod images;
mod kustomize;
mod network;
mod observability;
mod pods;
mod settings;
