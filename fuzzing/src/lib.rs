//! Fuzzing, as properties: inputs that are nearly right, since random bytes fail at the first check,
//! and a runner that counts what a parser makes of them.
//!
//! A case is a good input and a few [`Edit`]s of it, so that what fails shrinks to the edits that
//! matter. `PROPTEST_CASES` says how many cases there are; `make test-fuzz` runs a million of each.

mod check;
mod edit;
mod json;
mod members;

pub use check::{Outcome, check};
pub use edit::{Edit, Input, bytes, text};
pub use json::json;
pub use members::Members;
