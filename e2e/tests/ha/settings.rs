//! The examples of environment files in `docker/ha`: they name exactly what is set here.

use std::collections::BTreeSet;

/// Fails unless both name the same variables.
pub(crate) fn assert_names(example: &str, environment: &[(String, String)]) {
    let lines = example.lines().filter(|line| !line.starts_with('#'));
    let named: BTreeSet<&str> = lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .collect();
    let set: BTreeSet<&str> = environment.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(named, set);
}
