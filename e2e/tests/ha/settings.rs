//! The examples of environment files in `docker/ha`: they name exactly what is set here.

use std::collections::BTreeSet;

/// Fails unless both name the same variables, those that the example leaves to be switched on, too.
pub(crate) fn assert_names(example: &str, environment: &[(String, String)]) {
    let is_name = |name: &&str| {
        name.chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let named: BTreeSet<&str> = example
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .map(|(name, _)| name)
        .filter(is_name)
        .collect();
    let set: BTreeSet<&str> = environment.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(named, set);
}
