//! What holds across calls.

mod append_only;
mod cookies;
mod dump;
mod events;
mod failures;
mod log_lines;
mod logs;
mod recorded;
mod roles;
