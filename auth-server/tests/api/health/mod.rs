//! `/health/…`, and what it takes to become ready.

mod keys;
mod read_only;
mod start;

use crate::harness::Answer;

/// Asserts 503, and that this part is named with a reason that contains `reason`.
#[track_caller]
fn assert_missing(answer: &Answer, part: &str, reason: &str) {
    answer.assert_problem(503, "not_ready");
    let errors = answer.body["errors"].as_array().unwrap();
    let named = errors.iter().find(|error| error["field"] == part);
    let named = named.unwrap_or_else(|| panic!("no {part} in {}", answer.body));
    let message = named["message"].as_str().unwrap();
    assert!(message.contains(reason), "{message}");
}
