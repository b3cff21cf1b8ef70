//! What holds across calls.

mod dump;
mod events;
mod failures;
mod logs;
mod roles;
