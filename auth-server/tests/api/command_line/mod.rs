//! What operators do on the command line: `auth-server users …`, `sessions …`, `events …`. What `keys …` does is
//! told with the keys.

mod disabling;
mod events;
mod shell;
mod users;

use serde_json::Value;

/// A string member.
#[track_caller]
fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap()
}
