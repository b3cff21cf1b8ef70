//! Fuzzing, as properties: inputs that are nearly right, since random bytes fail at the first check,
//! and a runner that counts what a parser makes of them.
//!
//! A case is a good input and a few edits of it, so that what fails shrinks to the edits that
//! matter. There are 4,096 cases, or `PROPTEST_CASES` if that is more; `make test-fuzz` runs a million of
//! each.

mod check;
mod edit;
mod json;
mod members;

pub use check::{Outcome, check};
pub use edit::{Input, bytes, text};
pub use json::json;
pub use members::Members;
