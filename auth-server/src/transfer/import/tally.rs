//! What an import came to, in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{members::Members, refusal::Refusal};

/// What an import came to: all of its runs together.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tally {
    /// People who were added.
    pub imported: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// The same by the reason's stable name.
    pub refused_by_reason: BTreeMap<String, u64>,
    /// People among those who were added who have no password.
    pub without_password: u64,
    /// People among those who were added whose username was made from their e-mail address.
    pub usernames_made: u64,
    /// Those among them whose name has a suffix, because the plain one was taken or too short.
    pub usernames_suffixed: u64,
    /// How many lines had a member that means nothing here, by its name.
    pub ignored_members: BTreeMap<String, u64>,
    /// How many times a member was left out whose name is not listed.
    pub ignored_otherwise: u64,
}

/// Names of members that are counted by themselves. A file that uses its keys as values has any number of them.
const MOST_NAMES: usize = 100;

/// Characters of such a name at the most.
const LONGEST_NAME: usize = 64;

impl Tally {
    /// Counts a refused line.
    pub fn refuse(&mut self, refusal: &Refusal) {
        self.refused += 1;
        let reason = refusal.code().to_owned();
        *self.refused_by_reason.entry(reason).or_default() += 1;
    }

    /// Counts what of a line is left out.
    pub fn ignore(&mut self, members: &Members) {
        for name in members.unknown() {
            if let Some(count) = self.ignored_members.get_mut(name) {
                *count += 1;
            } else if self.ignored_members.len() < MOST_NAMES && is_fit_to_print(name) {
                self.ignored_members.insert(name.to_owned(), 1);
            } else {
                self.ignored_otherwise += 1;
            }
        }
    }
}

/// Names come from the file, and are shown on a terminal.
fn is_fit_to_print(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-$".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_fit)
}
