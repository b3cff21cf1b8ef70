//! What holds across calls.

mod cookies;
mod dump;
mod events;
mod failures;
mod logs;
mod roles;
